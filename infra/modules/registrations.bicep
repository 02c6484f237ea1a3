// How people and starters sign in: one app registration per role, single tenant, without a secret.
extension microsoftGraphV1

@description('Required. What makes names unique in this installation.')
param token string

@description('Required. Address of the sponsors\' pages, without a slash at the end.')
param publicUrl string

@description('Required. Principal id of the web identity; its token stands in for a client secret.')
param webPrincipalId string

@description('Required. Object ids of the service principals that may start a tick; may be empty.')
param starterPrincipalIds array

var graphAppId = '00000003-0000-0000-c000-000000000000'
var tickRoleId = guid('gatehouse', 'Gatehouse.Tick')
var workerUri = 'api://${tenant().tenantId}/gatehouse-${token}'

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: graphAppId
}

resource web 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'gatehouse-web-${token}'
  displayName: 'Gatehouse'
  signInAudience: 'AzureADMyOrg'
  web: {
    homePageUrl: publicUrl
    redirectUris: [
      '${publicUrl}/.auth/login/aad/callback'
    ]
    implicitGrantSettings: {
      enableIdTokenIssuance: true
    }
  }
}

resource webPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: web.appId
}

// Signing in is all a sponsor consents to, and nobody should be asked: these scopes open no data.
resource webSignIn 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = {
  clientId: webPrincipal.id
  consentType: 'AllPrincipals'
  resourceId: graph.id
  scope: 'openid profile email'
}

resource webCredential 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = {
  name: '${web.uniqueName}/app-service-authentication'
  description: 'The web identity signs for this registration instead of a secret.'
  audiences: [
    'api://AzureADTokenExchange'
  ]
  issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: webPrincipalId
}

resource worker 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'gatehouse-worker-${token}'
  displayName: 'Gatehouse worker'
  signInAudience: 'AzureADMyOrg'
  identifierUris: [
    workerUri
  ]
  api: {
    requestedAccessTokenVersion: 2
  }
  appRoles: [
    {
      id: tickRoleId
      value: 'Gatehouse.Tick'
      displayName: 'Start a tick'
      description: 'May ask the worker to look which jobs are due.'
      allowedMemberTypes: [
        'Application'
      ]
      isEnabled: true
    }
  ]
}

// With assignment required, Entra issues no token for the worker to anybody who was not named.
resource workerPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: worker.appId
  appRoleAssignmentRequired: true
}

resource starters 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for starterPrincipalId in starterPrincipalIds: {
  appRoleId: tickRoleId
  principalId: starterPrincipalId
  resourceId: workerPrincipal.id
}]

output webClientId string = web.appId
output workerClientId string = worker.appId
output workerIdentifierUri string = workerUri
