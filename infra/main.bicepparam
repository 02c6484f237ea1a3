// Answers of one installation, read from the azd environment (azd env set NAME value).
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'gatehouse')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param profile = readEnvironmentVariable('GATEHOUSE_PROFILE', 'observe')
param writesSponsors = bool(readEnvironmentVariable('GATEHOUSE_WRITES_SPONSORS', 'false'))
param alertEmails = split(readEnvironmentVariable('GATEHOUSE_ALERT_EMAILS'), ',')
param starterPrincipalIds = empty(readEnvironmentVariable('GATEHOUSE_STARTERS', '')) ? [] : split(readEnvironmentVariable('GATEHOUSE_STARTERS', ''), ',')
param operatorsGroupId = readEnvironmentVariable('GATEHOUSE_OPERATORS', '')
