// Every Microsoft Graph right of the worker, by profile. docs/permissions.md says which call needs which, and a test
// compares the two. The web identity has none; Mail.* is granted by Exchange for one mailbox, never here.
extension microsoftGraphV1

@description('Required. observe, review or enforce.')
param profile string

@description('Required. Principal id of the worker identity.')
param workerPrincipalId string

@description('Optional. Let the worker write sponsors. No narrower right does; it opens every other change of an account too.')
param writesSponsors bool = false

var appRoleIds = {
  'AccessReview.Read.All': 'd07a8cc0-3d51-4b77-b3b0-32704d1f69fa'
  'AccessReview.ReadWrite.All': 'ef5f7d5c-338f-44b0-86c3-351f46c8bb5f'
  'AuditLog.Read.All': 'b0afded3-3588-46d8-8b3d-9842eff778da'
  'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61'
  'EntitlementManagement.Read.All': 'c74fd47d-ed3c-45c3-9a9e-b8676de685d2'
  'EntitlementManagement.ReadWrite.All': '9acd699f-1e81-4958-b001-93b1d2506e19'
  'CrossTenantInformation.ReadBasic.All': 'cac88765-0581-4025-9725-5ebc13f729ee'
  'Group.ReadWrite.All': '62a82d76-70ea-41e2-9197-370581804d09'
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6'
  'LicenseAssignment.Read.All': 'e2f98668-2877-4f38-a2f4-8202e0717aa1'
  'Policy.Read.All': '246dd0d5-5bd0-4def-940b-0421030a5b68'
  'RoleEligibilitySchedule.Read.Directory': 'ff278e11-4a33-4d0c-83d2-d01dc58929a5'
  'User.DeleteRestore.All': 'eccc023d-eccf-4e7b-9683-8813ab36cecc'
  'User.EnableDisableAccount.All': '3011c876-62b7-4ada-afa2-506cbbecc68c'
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214'
  'User.ReadWrite.All': '741f803b-c850-494e-b5df-cde7c675a1ca'
}
var grants = {
  observe: [
    'AccessReview.Read.All'
    'AuditLog.Read.All'
    'Directory.Read.All'
    'EntitlementManagement.Read.All'
    'CrossTenantInformation.ReadBasic.All'
    'GroupMember.Read.All'
    'LicenseAssignment.Read.All'
    'Policy.Read.All'
    'RoleEligibilitySchedule.Read.Directory'
    'User.Read.All'
  ]
  review: [
    'AccessReview.ReadWrite.All'
    'AuditLog.Read.All'
    'Directory.Read.All'
    'EntitlementManagement.Read.All'
    'CrossTenantInformation.ReadBasic.All'
    'Group.ReadWrite.All'
    'LicenseAssignment.Read.All'
    'Policy.Read.All'
    'RoleEligibilitySchedule.Read.Directory'
    'User.Read.All'
  ]
  enforce: [
    'AccessReview.ReadWrite.All'
    'AuditLog.Read.All'
    'Directory.Read.All'
    'EntitlementManagement.ReadWrite.All'
    'CrossTenantInformation.ReadBasic.All'
    'Group.ReadWrite.All'
    'LicenseAssignment.Read.All'
    'Policy.Read.All'
    'RoleEligibilitySchedule.Read.Directory'
    'User.DeleteRestore.All'
    'User.EnableDisableAccount.All'
    'User.Read.All'
  ]
}

var wanted = writesSponsors ? concat(grants[profile], ['User.ReadWrite.All']) : grants[profile]

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource grant 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for role in wanted: {
  appRoleId: appRoleIds[role]
  principalId: workerPrincipalId
  resourceId: graph.id
}]

output granted array = wanted
