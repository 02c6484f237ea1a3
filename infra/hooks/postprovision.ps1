<#
.SYNOPSIS
  Finishes what Bicep cannot: makes the Graph rights of the identities exactly those of the profile, and lets the
  worker write mail from one mailbox and no other.
.DESCRIPTION
  azd runs this after every provisioning; running it again changes nothing. It stops with an error when any
  tenant-wide Mail.* consent exists, because Exchange adds its scoped grant to that consent instead of narrowing it.
  Needs: Azure CLI signed in as Privileged Role Administrator; for profiles that send mail also the module
  ExchangeOnlineManagement 3.2 or newer and the Exchange role Organization Management.
#>
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$Graph = 'https://graph.microsoft.com/v1.0'
$MailRoles = @('Application Mail.ReadWrite', 'Application Mail.Send')

function Read-Setting([string] $Name) {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ([string]::IsNullOrWhiteSpace($value)) { throw "$Name is not set: run 'azd env set $Name <value>'" }
    return $value.Trim()
}

function Invoke-Graph([string] $Method, [string] $Path) {
    $answer = az rest --method $Method --url "$Graph/$Path" --output json --only-show-errors
    if ($LASTEXITCODE -ne 0) { throw "Graph refused $Method $Path; see the line above" }
    if ($answer) { return ($answer | Out-String | ConvertFrom-Json) }
}

function Get-AppRoles([string] $PrincipalId, $GraphPrincipal) {
    # Every application role the identity holds on Microsoft Graph: id of the assignment and name of the role.
    $names = @{}
    foreach ($role in $GraphPrincipal.appRoles) { $names[$role.id] = $role.value }
    $path = "servicePrincipals/$PrincipalId/appRoleAssignments?`$top=999"
    foreach ($assignment in (Invoke-Graph 'GET' $path).value) {
        if ($assignment.resourceId -ne $GraphPrincipal.id) { continue }
        $name = $names[$assignment.appRoleId]
        if (-not $name) { throw "unknown Graph role $($assignment.appRoleId) on $PrincipalId; remove it by hand" }
        [pscustomobject]@{ Id = $assignment.id; Name = $name }
    }
}

function Assert-NoMailConsent([string] $PrincipalId, $Roles) {
    $mail = @($Roles | Where-Object { $_.Name -like 'Mail.*' })
    if ($mail.Count -gt 0) {
        $list = ($mail.Name | Sort-Object) -join ', '
        throw "$PrincipalId holds $list for every mailbox of the tenant. Revoke it in Entra (Enterprise applications, " +
        'Permissions) and run this again: an Exchange scope cannot narrow a tenant-wide consent.'
    }
}

function Set-ExactRoles([string] $PrincipalId, $Roles, [string[]] $Expected) {
    # Bicep adds grants and never takes one away, so a smaller profile is made true here.
    foreach ($surplus in @($Roles | Where-Object { $_.Name -notin $Expected })) {
        Write-Host "Revoking $($surplus.Name): the profile does not include it."
        Invoke-Graph 'DELETE' "servicePrincipals/$PrincipalId/appRoleAssignments/$($surplus.Id)" | Out-Null
    }
    $held = @($Roles | ForEach-Object { $_.Name })
    $missing = @($Expected | Where-Object { $_ -notin $held })
    if ($missing.Count -gt 0) { throw "not granted: $($missing -join ', '). Provision again as Privileged Role Administrator." }
}

function Grant-OneMailbox([string] $ClientId, [string] $PrincipalId, [string] $Mailbox) {
    $scope = "Gatehouse sender $PrincipalId"
    $filter = "PrimarySmtpAddress -eq '$($Mailbox.Replace("'", "''"))'"
    if (-not (Get-ServicePrincipal | Where-Object { $_.AppId -eq $ClientId })) {
        New-ServicePrincipal -AppId $ClientId -ObjectId $PrincipalId -DisplayName 'Gatehouse worker' | Out-Null
    }
    if (Get-ManagementScope | Where-Object { $_.Name -eq $scope }) {
        Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $filter
    }
    else {
        New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter | Out-Null
    }
    $held = @(Get-ManagementRoleAssignment -RoleAssignee $PrincipalId | ForEach-Object { [string] $_.Role })
    foreach ($role in $MailRoles | Where-Object { $_ -notin $held }) {
        New-ManagementRoleAssignment -App $PrincipalId -Role $role -CustomResourceScope $scope | Out-Null
    }
}

function Assert-OneMailbox([string] $ClientId, [string] $PrincipalId, [string] $Mailbox) {
    # Nothing but the two roles, nothing without our scope, in reach of the sender and out of reach of another mailbox.
    $scope = "Gatehouse sender $PrincipalId"
    $assignments = @(Get-ManagementRoleAssignment -RoleAssignee $PrincipalId)
    $foreign = @($assignments | Where-Object {
            ([string] $_.Role -notin $MailRoles) -or ([string] $_.CustomResourceScope -ne $scope) })
    if ($foreign.Count -gt 0) { throw "Exchange role assignments beyond the sender's mailbox: $($foreign.Name -join ', ')" }
    $inside = @(Test-ServicePrincipalAuthorization -Identity $ClientId -Resource $Mailbox)
    $allowed = @($inside | Where-Object { $_.InScope -eq $true } | ForEach-Object { [string] $_.RoleName })
    $missing = @($MailRoles | Where-Object { $_ -notin $allowed })
    if ($missing.Count -gt 0) { throw "not in reach of the sender's mailbox: $($missing -join ', ')" }
    $other = Get-Mailbox -ResultSize 2 -WarningAction SilentlyContinue |
        Where-Object { $_.PrimarySmtpAddress -ne $Mailbox } | Select-Object -First 1
    if ($null -eq $other) { return }
    $outside = @(Test-ServicePrincipalAuthorization -Identity $ClientId -Resource $other.PrimarySmtpAddress)
    if (@($outside | Where-Object { $_.InScope -eq $true }).Count -gt 0) {
        throw 'the worker reaches a mailbox other than the sender''s; look at its Exchange role assignments'
    }
}

function Invoke-Main {
    $worker = Read-Setting 'GATEHOUSE_WORKER_PRINCIPAL_ID'
    $web = Read-Setting 'GATEHOUSE_WEB_PRINCIPAL_ID'
    $client = Read-Setting 'GATEHOUSE_WORKER_CLIENT_ID'
    $expected = (Read-Setting 'GATEHOUSE_WORKER_GRAPH_ROLES') -split ','
    $graphPrincipal = Invoke-Graph 'GET' "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?`$select=id,appRoles"

    foreach ($principal in @($worker, $web)) {
        Assert-NoMailConsent $principal @(Get-AppRoles $principal $graphPrincipal)
    }
    Set-ExactRoles $worker @(Get-AppRoles $worker $graphPrincipal) $expected
    Set-ExactRoles $web @(Get-AppRoles $web $graphPrincipal) @()

    if ((Read-Setting 'GATEHOUSE_PROFILE') -eq 'observe') {
        Write-Host 'Profile observe sends no mail: no mailbox is granted.'
        return
    }
    $mailbox = Read-Setting 'GATEHOUSE_MAIL_SENDER'
    Import-Module ExchangeOnlineManagement -MinimumVersion 3.2.0
    Connect-ExchangeOnline -ShowBanner:$false
    try {
        Grant-OneMailbox $client $worker $mailbox
        Assert-OneMailbox $client $worker $mailbox
    }
    finally {
        Disconnect-ExchangeOnline -Confirm:$false
    }
    Write-Host 'The worker may write and send from one mailbox. Exchange takes up to two hours to apply a change.'
}

Invoke-Main
