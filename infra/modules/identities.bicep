// Who the two roles are: one user-assigned identity each, so that rights outlive a redeployed app.

@description('Required. Region.')
param location string

@description('Required. Tags put on every resource.')
param tags object

@description('Required. What makes names unique in this installation.')
param token string

resource web 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-gatehouse-web-${token}'
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-gatehouse-worker-${token}'
  location: location
  tags: tags
}

output webIdentityId string = web.id
output webClientId string = web.properties.clientId
output webPrincipalId string = web.properties.principalId
output workerIdentityId string = worker.id
output workerClientId string = worker.properties.clientId
output workerPrincipalId string = worker.properties.principalId
