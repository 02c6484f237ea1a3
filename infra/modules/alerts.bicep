// Who watches the watchman: three questions asked of the logs, by something that is not our own code.

@description('Required. Region.')
param location string

@description('Required. Tags put on every resource.')
param tags object

@description('Required. Log Analytics workspace that is asked.')
param workspaceId string

@description('Required. Who is told.')
param actionGroupId string

// Summarize without a group always returns one row, so that silence is the number 0 and not an empty answer.
var finishedNights = '''
AppTraces
| where TimeGenerated > ago(25h)
| where tostring(Properties.event) == 'night.finished' or Message startswith 'night.finished'
| summarize Nights = count()
'''
// A passing failure is tried again and wakes nobody; when it does not pass, its message is parked, and that does.
var failures = '''
let passing = dynamic(['Exception: Transient', 'Exception: Throttled', 'Exception: Ambiguous', 'Exception: Conflict', 'Exception: PageExpired']);
union isfuzzy=true
  (AppExceptions | where not(strcat(OuterMessage, ' ', InnermostMessage) has_any (passing)) | project TimeGenerated),
  (AppTraces | where SeverityLevel >= 3 and Message !startswith "Executed 'Functions." | project TimeGenerated)
| summarize Failures = count()
'''
var parkedMessages = '''
StorageQueueLogs
| where OperationName == 'PutMessage' and StatusCode startswith '2'
| where ObjectKey contains '-poison'
| summarize Parked = count()
'''

resource nightAbsent 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-night-absent'
  location: location
  tags: tags
  properties: {
    displayName: 'Gatehouse: no night finished within 25 hours'
    description: 'No night.finished event for 25 hours. Start one from outside, then read docs/deploy.md.'
    severity: 1
    enabled: true
    autoMitigate: true
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'P2D'
    scopes: [
      workspaceId
    ]
    criteria: {
      allOf: [
        {
          query: finishedNights
          metricMeasureColumn: 'Nights'
          timeAggregation: 'Total'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}

resource failed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-failure'
  location: location
  tags: tags
  properties: {
    displayName: 'Gatehouse: something failed'
    description: 'An exception that will not pass by itself, or a log line of severity Error or worse, in either app.'
    severity: 2
    enabled: true
    autoMitigate: true
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    scopes: [
      workspaceId
    ]
    criteria: {
      allOf: [
        {
          query: failures
          metricMeasureColumn: 'Failures'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}

resource parked 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-parked-message'
  location: location
  tags: tags
  properties: {
    displayName: 'Gatehouse: a message was parked'
    description: 'A message failed five times and waits in a -poison queue. Nothing is lost; somebody must look.'
    severity: 2
    enabled: true
    autoMitigate: false
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    scopes: [
      workspaceId
    ]
    criteria: {
      allOf: [
        {
          query: parkedMessages
          metricMeasureColumn: 'Parked'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}
