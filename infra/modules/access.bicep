// Every Azure right of every identity, one line each, with its reason. docs/permissions.md repeats it for people.

@description('Required. Account that holds the record.')
param dataAccountName string

@description('Required. Host account of the web app.')
param webHostAccountName string

@description('Required. Host account of the worker app.')
param workerHostAccountName string

@description('Required. Application Insights component.')
param insightsName string

@description('Required. Principal id of the web identity.')
param webPrincipalId string

@description('Required. Principal id of the worker identity.')
param workerPrincipalId string

@description('Required. Object id of the operators\' group; empty for nobody.')
param operatorsGroupId string

var roles = {
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  queueMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

var installation = resourceGroup().id

resource data 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataAccountName
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: data
  name: 'default'
}

resource batches 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = {
  parent: tableService
  name: 'batches'
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: data
  name: 'default'
}

resource answers 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = {
  parent: queueService
  name: 'answers'
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: data
  name: 'default'
}

resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: 'policies'
}

resource census 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: 'census'
}

resource plans 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: 'plans'
}

resource changes 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: 'changes'
}

resource evidence 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: 'evidence'
}

resource webHost 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: webHostAccountName
}

resource workerHost 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: workerHostAccountName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// No built-in role can append rows without also changing and deleting them, so the web role has its own.
resource answerWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(installation, 'gatehouse-answer-writer')
  properties: {
    roleName: 'Gatehouse answer writer (${uniqueString(installation)})'
    description: 'Reads rows of a table and adds new ones; changes and deletes none.'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [
      installation
    ]
  }
}

// web: shows a batch and appends an answer to it.
resource webBatches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: batches
  name: guid(batches.id, webPrincipalId, answerWriter.id)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: answerWriter.id
  }
}

// web: tells the worker that an answer waits.
resource webAnswers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: answers
  name: guid(answers.id, webPrincipalId, roles.queueMessageSender)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueMessageSender)
  }
}

// web: reads the policy, whose words and rules the page follows, and can never rewrite it.
resource webPolicies 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: policies
  name: guid(policies.id, webPrincipalId, roles.blobDataReader)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataReader)
  }
}

// web: its own host keeps leases and its package.
resource webHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: webHost
  name: guid(webHost.id, webPrincipalId, roles.blobDataOwner)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataOwner)
  }
}

// web: its own host writes diagnostic events.
resource webHostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: webHost
  name: guid(webHost.id, webPrincipalId, roles.tableDataContributor)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.tableDataContributor)
  }
}

// web: telemetry without an instrumentation key.
resource webTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, webPrincipalId, roles.metricsPublisher)
  properties: {
    principalId: webPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}

// worker: guests, batches, runs and indexes are its record.
resource workerTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: data
  name: guid(data.id, workerPrincipalId, roles.tableDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.tableDataContributor)
  }
}

// worker: takes and hands over work, and parks what fails.
resource workerQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: data
  name: guid(data.id, workerPrincipalId, roles.queueDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueDataContributor)
  }
}

// worker: reads the policy and can never rewrite it.
resource workerPolicies 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: policies
  name: guid(policies.id, workerPrincipalId, roles.blobDataReader)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataReader)
  }
}

// worker: one snapshot of the census a night.
resource workerCensus 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: census
  name: guid(census.id, workerPrincipalId, roles.blobDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// worker: one plan a night.
resource workerPlans 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: plans
  name: guid(plans.id, workerPrincipalId, roles.blobDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// worker: each policy of an access package as it was before a change.
resource workerChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: changes
  name: guid(changes.id, workerPrincipalId, roles.blobDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// worker: one Merkle root a night; the container's own policy keeps it from being rewritten.
resource workerEvidence 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: evidence
  name: guid(evidence.id, workerPrincipalId, roles.blobDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// worker: its own host keeps timer marks, leases and its package.
resource workerHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workerHost
  name: guid(workerHost.id, workerPrincipalId, roles.blobDataOwner)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataOwner)
  }
}

// worker: its own host writes diagnostic events.
resource workerHostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workerHost
  name: guid(workerHost.id, workerPrincipalId, roles.tableDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.tableDataContributor)
  }
}

// worker: telemetry without an instrumentation key.
resource workerTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, workerPrincipalId, roles.metricsPublisher)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}

module operators 'operator-access.bicep' = if (!empty(operatorsGroupId)) {
  name: 'operator-access'
  params: {
    dataAccountName: dataAccountName
    operatorsGroupId: operatorsGroupId
  }
}
