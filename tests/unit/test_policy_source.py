"""The policy file: every problem with line and path, an edit at once, the last good version kept."""

import logging
from pathlib import Path

import pytest

from adapters.policy_source import PACKAGED, PolicySource, parse_policy
from reviews.errors import BadSettings, Transient
from reviews.policy import Mode

GOOD = "mode: propose\n"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as caught:
        parse_policy(text, "policy.yaml")
    return caught.value.problems


def test_the_packaged_policy_is_sound_and_only_reports() -> None:
    assert parse_policy(PACKAGED.read_text(encoding="utf-8"), "policy.yaml").mode is Mode.REPORT


def test_an_empty_file_is_the_safe_default() -> None:
    assert parse_policy("", "policy.yaml").mode is Mode.REPORT


def test_stages_that_do_not_fit_are_named_with_their_line_and_the_remedy() -> None:
    [found] = problems("mode: propose\nreviews:\n  duration: P170D\n  guest_attests_first: P14D\n")
    assert found.startswith("policy.yaml:4: reviews.guest_attests_first: the stages of a review must fit")
    assert "shorten one of the two, or leave this one out" in found


def test_every_problem_is_named_with_line_and_path() -> None:
    found = problems(
        "mode: enforced\n"
        "thresholds:\n"
        "  inactive_after: P3M\n"
        "  never: P1D\n"
        "tenant:\n"
        "  zone: Mars/Olympus\n"
        "exemptions:\n"
        "  - {guest: not-an-id, reason: legal hold, until: 2027-01-01}\n"
        "reviews:\n"
        "  duration: PT36H\n"
        "mail:\n"
        "  sender: nobody\n"
    )

    lines = {int(one.split(":")[1]) for one in found}
    assert lines == {1, 3, 4, 6, 8, 9, 12}
    assert len(found) == 7
    assert any("thresholds.never: there is no such setting" in one for one in found)
    assert any("exemptions.0.guest" in one for one in found)


def test_a_language_there_are_no_words_in_is_named_wherever_it_stands() -> None:
    found = problems(
        "tenant:\n"
        "  language: fr\n"
        "  languages: [nl, de]\n"
        "  language_of: {fabrikam.example: es}\n"
        "mail:\n"
        "  wording:\n"
        "    pl: {closing: Dziękujemy}\n"
    )
    assert [one.split(": ")[0:2] for one in found] == [
        ["policy.yaml:2", "tenant.language"],
        ["policy.yaml:3", "tenant.languages.1"],
        ["policy.yaml:4", "tenant.language_of.fabrikam.example"],
        ["policy.yaml:7", "mail.wording.pl"],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode: report\nmode: enforce\n", "policy.yaml:2: 'mode' is written twice"),
        ("mode: [report\n", "policy.yaml:2:"),
        ("- a\n- b\n", "policy.yaml:1: a policy is a mapping"),
        ("mode: !!python/object/apply:os.system [true]\n", "policy.yaml:1:"),
    ],
)
def test_what_is_not_a_policy_is_refused_with_its_line(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


async def test_an_edit_takes_effect_at_the_next_reading(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(GOOD)
    source = PolicySource(str(file))

    assert (await source.current()).mode is Mode.PROPOSE
    file.write_text("mode: enforce\n")
    assert (await source.current()).mode is Mode.ENFORCE


async def test_a_bad_edit_keeps_the_last_good_version_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(GOOD)
    source = PolicySource(str(file))
    await source.current()

    file.write_text("mode: everything\n")
    with caplog.at_level(logging.ERROR):
        assert (await source.current()).mode is Mode.PROPOSE
    assert "policy.yaml:1: mode" in caplog.text
    file.unlink()
    assert (await source.current()).mode is Mode.PROPOSE


async def test_a_first_reading_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="POLICY_SOURCE"):
        await PolicySource(str(tmp_path / "missing.yaml")).current()


async def test_a_blob_is_read_and_a_missing_one_means_the_packaged_policy() -> None:
    blobs = {("policies", "policy.yaml"): b"mode: enforce\n"}

    async def read(container: str, name: str) -> bytes | None:
        return blobs.get((container, name))

    assert (await PolicySource("blob:policies/policy.yaml", read).current()).mode is Mode.ENFORCE
    assert (await PolicySource("blob:policies/other.yaml", read).current()).mode is Mode.REPORT


@pytest.mark.parametrize("source", ["blob:policies", "blob:"])
async def test_a_blob_without_a_name_is_refused(source: str) -> None:
    async def read(_container: str, _name: str) -> bytes | None:
        return None

    with pytest.raises(BadSettings, match="POLICY_SOURCE"):
        await PolicySource(source, read).current()


async def test_storage_that_is_away_keeps_the_last_good_version() -> None:
    answers: list[bytes | Transient] = [GOOD.encode(), Transient("storage is away")]

    async def read(_container: str, _name: str) -> bytes | None:
        answer = answers.pop(0)
        if isinstance(answer, Transient):
            raise answer
        return answer

    source = PolicySource("blob:policies/policy.yaml", read)
    assert (await source.current()).mode is Mode.PROPOSE
    assert (await source.current()).mode is Mode.PROPOSE
    assert answers == []
