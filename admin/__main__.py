"""``python -m admin``: the operator's command line."""

from admin.cli import main

if __name__ == "__main__":
    main()
