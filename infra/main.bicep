// The bill of materials: everything one Gatehouse needs, in the order in which things depend on each other.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Required. Name of this installation; azd calls it the environment.')
param environmentName string

@description('Required. Azure region of every resource; must offer Flex Consumption.')
param location string

@allowed([
  'observe'
  'review'
  'enforce'
])
@description('Optional. How much the worker may do in the directory: read, also ask, or also act. docs/permissions.md.')
param profile string = 'observe'

@description('Optional. Let the worker write sponsors of guests, for the policy sponsors.backfill: apply. docs/permissions.md.')
param writesSponsors bool = false

@description('Required. Addresses that are told when a night did not happen, failed, or parked a message.')
param alertEmails array

@description('Optional. Object ids of the service principals that may start a tick from outside. None closes the worker to the internet.')
param starterPrincipalIds array = []

@description('Optional. Object id of the security group whose members run the command line against this state. Empty: nobody.')
param operatorsGroupId string = ''

@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GZRS'
])
@description('Optional. Redundancy of the account that holds the record.')
param dataRedundancy string = 'Standard_ZRS'

@minValue(1)
@maxValue(3650)
@description('Optional. Days during which a nightly evidence blob can be neither changed nor deleted.')
param evidenceDays int = 730

// One nightly run and a trickle of answers: the lowest ceiling the platform has always taken. It caps the bill and
// the number of callers that Graph has to throttle; it is no target.
@minValue(1)
@maxValue(1000)
@description('Optional. Upper bound of instances per app.')
param maximumInstanceCount int = 40

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}
var webName = 'func-gatehouse-web-${token}'
var workerName = 'func-gatehouse-worker-${token}'
var publicUrl = 'https://${webName}.azurewebsites.net'
var tenantId = tenant().tenantId

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-gatehouse-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    alertEmails: alertEmails
  }
}

module state 'modules/state.bicep' = {
  name: 'state'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: 'stghdata${token}'
    redundancy: dataRedundancy
    evidenceDays: evidenceDays
    workspaceId: monitoring.outputs.workspaceId
  }
}

module webHost 'modules/host-storage.bicep' = {
  name: 'web-host-storage'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: 'stghweb${token}'
  }
}

module workerHost 'modules/host-storage.bicep' = {
  name: 'worker-host-storage'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: 'stghwork${token}'
  }
}

module registrations 'modules/registrations.bicep' = {
  name: 'registrations'
  scope: group
  params: {
    token: token
    publicUrl: publicUrl
    webPrincipalId: identities.outputs.webPrincipalId
    starterPrincipalIds: starterPrincipalIds
  }
}

module access 'modules/access.bicep' = {
  name: 'access'
  scope: group
  params: {
    dataAccountName: state.outputs.accountName
    webHostAccountName: webHost.outputs.accountName
    workerHostAccountName: workerHost.outputs.accountName
    insightsName: monitoring.outputs.insightsName
    webPrincipalId: identities.outputs.webPrincipalId
    workerPrincipalId: identities.outputs.workerPrincipalId
    operatorsGroupId: operatorsGroupId
  }
}

module graphGrants 'modules/graph-grants.bicep' = {
  name: 'graph-grants'
  scope: group
  params: {
    profile: profile
    workerPrincipalId: identities.outputs.workerPrincipalId
    writesSponsors: writesSponsors
  }
}

// The names that adapters/settings.py reads. GRAPH_ENDPOINT keeps its default; GRAPH_TOKEN, SANDBOX_NOW and STATE are
// for laptops only; WEBSITE_AUTH_ENABLED is written by the platform.
var webSettings = {
  APP_ROLE: 'web'
  AZURE_CLIENT_ID: identities.outputs.webClientId
  POLICY_SOURCE: 'blob:policies/policy.yaml'
  PUBLIC_URL: publicUrl
  SIGN_IN_CLIENT_ID: registrations.outputs.webClientId
  STATE__blobServiceUri: state.outputs.blobServiceUri
  STATE__clientId: identities.outputs.webClientId
  STATE__credential: 'managedidentity'
  STATE__queueServiceUri: state.outputs.queueServiceUri
  STATE__tableServiceUri: state.outputs.tableServiceUri
  TENANT_ID: tenantId
}
var workerSettings = {
  APP_ROLE: 'worker'
  AZURE_CLIENT_ID: identities.outputs.workerClientId
  POLICY_SOURCE: 'blob:policies/policy.yaml'
  PUBLIC_URL: publicUrl
  SIGN_IN_CLIENT_ID: registrations.outputs.webClientId
  STATE__blobServiceUri: state.outputs.blobServiceUri
  STATE__clientId: identities.outputs.workerClientId
  STATE__credential: 'managedidentity'
  STATE__queueServiceUri: state.outputs.queueServiceUri
  STATE__tableServiceUri: state.outputs.tableServiceUri
  TENANT_ID: tenantId
}

module web 'modules/app.bicep' = {
  name: 'web'
  scope: group
  params: {
    appName: webName
    serviceName: 'web'
    location: location
    tags: tags
    identityId: identities.outputs.webIdentityId
    identityClientId: identities.outputs.webClientId
    hostAccountName: webHost.outputs.accountName
    deploymentContainerUrl: webHost.outputs.deploymentContainerUrl
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    settings: webSettings
    maximumInstanceCount: maximumInstanceCount
    mainSiteAccess: 'Allow'
    whenSignedOut: 'RedirectToLoginPage'
    openPaths: [
      '/health'
    ]
    registrationClientId: registrations.outputs.webClientId
    allowedAudiences: [
      registrations.outputs.webClientId
    ]
    allowedPrincipalIds: []
  }
  dependsOn: [
    access
  ]
}

module worker 'modules/app.bicep' = {
  name: 'worker'
  scope: group
  params: {
    appName: workerName
    serviceName: 'worker'
    location: location
    tags: tags
    identityId: identities.outputs.workerIdentityId
    identityClientId: identities.outputs.workerClientId
    hostAccountName: workerHost.outputs.accountName
    deploymentContainerUrl: workerHost.outputs.deploymentContainerUrl
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    settings: workerSettings
    maximumInstanceCount: maximumInstanceCount
    mainSiteAccess: empty(starterPrincipalIds) ? 'Deny' : 'Allow'
    whenSignedOut: 'Return401'
    openPaths: []
    registrationClientId: registrations.outputs.workerClientId
    allowedAudiences: [
      registrations.outputs.workerClientId
      registrations.outputs.workerIdentifierUri
    ]
    allowedPrincipalIds: starterPrincipalIds
  }
  dependsOn: [
    access
    graphGrants
  ]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenantId
output GATEHOUSE_PROFILE string = profile
output GATEHOUSE_PUBLIC_URL string = publicUrl
output GATEHOUSE_DATA_ACCOUNT string = state.outputs.accountName
output GATEHOUSE_TABLE_SERVICE_URI string = state.outputs.tableServiceUri
output GATEHOUSE_QUEUE_SERVICE_URI string = state.outputs.queueServiceUri
output GATEHOUSE_BLOB_SERVICE_URI string = state.outputs.blobServiceUri
output GATEHOUSE_WORKER_URL string = 'https://${workerName}.azurewebsites.net'
output GATEHOUSE_WORKER_AUDIENCE string = registrations.outputs.workerIdentifierUri
output GATEHOUSE_WORKER_CLIENT_ID string = identities.outputs.workerClientId
output GATEHOUSE_WORKER_PRINCIPAL_ID string = identities.outputs.workerPrincipalId
output GATEHOUSE_WORKER_GRAPH_ROLES string = join(graphGrants.outputs.granted, ',')
output GATEHOUSE_WEB_PRINCIPAL_ID string = identities.outputs.webPrincipalId
