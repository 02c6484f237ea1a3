// One role of the package: a Flex Consumption plan, the app on it, its settings and who may call it.

@description('Required. Name of the app.')
param appName string

@description('Required. Name of the service in azure.yaml.')
param serviceName string

@description('Required. Region.')
param location string

@description('Required. Tags put on every resource.')
param tags object

@description('Required. Resource id of the identity the app runs as.')
param identityId string

@description('Required. Client id of that identity.')
param identityClientId string

@description('Required. Account of the Functions host of this app.')
param hostAccountName string

@description('Required. Container that receives the package.')
param deploymentContainerUrl string

@description('Required. Where telemetry goes; the identity signs it.')
param insightsConnectionString string

@description('Required. What adapters/settings.py reads.')
param settings object

@description('Required. Upper bound of instances.')
param maximumInstanceCount int

@allowed([
  'Allow'
  'Deny'
])
@description('Required. Whether the internet reaches the app at all.')
param mainSiteAccess string

@allowed([
  'RedirectToLoginPage'
  'Return401'
])
@description('Required. What happens to a caller who has not signed in.')
param whenSignedOut string

@description('Required. Paths that need no sign-in; keep it to the health check.')
param openPaths array

@description('Required. App registration that people or starters sign in to.')
param registrationClientId string

@description('Required. Audiences that a token may name.')
param allowedAudiences array

@description('Required. Object ids that may call; empty for everybody the registration lets sign in.')
param allowedPrincipalIds array

// The platform reads these, not our settings. The connection string names a place and opens nothing: local
// authentication is off, so only an identity with the publisher role can write there.
var platformSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  AzureWebJobsStorage__accountName: hostAccountName
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
  WEBSITE_AUTH_AAD_ALLOWED_TENANTS: tenant().tenantId
}
var signInPolicy = empty(allowedPrincipalIds) ? {} : {
  allowedPrincipals: {
    identities: allowedPrincipalIds
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${appName}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  tags: union(tags, {
    'azd-service-name': serviceName
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      remoteDebuggingEnabled: false
      ipSecurityRestrictionsDefaultAction: mainSiteAccess
      // The package arrives here; Entra rights on the site decide who may bring it.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: 2048
      }
    }
  }
}

resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(platformSettings, settings)
}

resource signIn 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: whenSignedOut
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: openPaths
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: registrationClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: allowedAudiences
          defaultAuthorizationPolicy: signInPolicy
        }
      }
    }
    login: {
      // No address outside may follow a sign-in, so /.auth/login is no open redirect.
      allowedExternalRedirectUrls: []
      cookieExpiration: {
        convention: 'FixedTime'
        timeToExpiration: '08:00:00'
      }
      nonce: {
        validateNonce: true
        nonceExpirationInterval: '00:05:00'
      }
      tokenStore: {
        enabled: true
      }
    }
  }
}
