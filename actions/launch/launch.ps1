# Finds the program of an action on Windows, checks its sha256 and runs it: launch.ps1 TOOL [ARGUMENT]...
# `launch.ps1 setup [TOOL]...` puts programs on the PATH of the following steps instead.
# The same order as launch.sh: given path, bundle, tool cache, download, source. docs/actions.md tells the rest.
# Windows PowerShell 5.1, which every Windows has; what it calls is its own, .NET, or named by its whole path.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Modules of another PowerShell that has started this one, or of anybody else, are not for us.
$modules = $env:PSModulePath
$env:PSModulePath = [IO.Path]::Combine($PSHOME, 'Modules')
$ProgressPreference = 'SilentlyContinue'
$lock = [IO.Path]::Combine($PSScriptRoot, 'release.lock')
$temp = if ($env:RUNNER_TEMP) { $env:RUNNER_TEMP } else { [IO.Path]::GetTempPath() }
$tried = New-Object Collections.Generic.List[string]
$utf8 = New-Object Text.UTF8Encoding $false

function Stop-Launch([string]$What, [string]$Fix) {
    $lines = @("error[SID0801]: $What") + @($tried | ForEach-Object { "  - $_" }) + @("  fix: $Fix",
        '  more: https://github.com/siding-dev/siding/blob/main/docs/errors.md#sid0801')
    foreach ($line in $lines) { [Console]::Error.WriteLine($line) }
    if ($env:GITHUB_ACTIONS -eq 'true') { [Console]::Error.WriteLine("::error title=SID0801::$((@($What) + $tried.ToArray()) -join '%0A- ')%0Afix: $Fix") }
    exit 1
}

# What throws is told like the rest: a file that a virus scanner holds, a program that a policy forbids.
trap { Stop-Launch "the launcher failed: $(("$_" -split '[\r\n]')[0])" 'see whether a policy or a virus scanner of this machine forbids it' }

function Get-Sum([string]$File) {
    $stream = [IO.File]::OpenRead($File)
    # This class, because the managed one refuses to work where Windows enforces FIPS.
    $algorithm = New-Object Security.Cryptography.SHA256CryptoServiceProvider
    try { ([BitConverter]::ToString($algorithm.ComputeHash($stream)) -replace '-', '').ToLowerInvariant() }
    finally { $stream.Dispose(); $algorithm.Dispose() }
}

function New-Folder([string]$Name) {
    $folder = [IO.Path]::Combine($temp, $Name + '.' + [IO.Path]::GetRandomFileName())
    [void][IO.Directory]::CreateDirectory($folder)
    $folder
}

# The release and its base, and the first of the targets that it has this program for.
function Read-Lock([string]$Tool, [string[]]$Targets) {
    $restore = 'take all of actions/launch from one release, as it is'
    if (-not [IO.File]::Exists($lock)) { Stop-Launch "``$lock`` cannot be read" $restore }
    $found = @{ version = ''; base = ''; target = $Targets[0]; archive = ''; program = '' }
    $rows = @{}
    foreach ($line in [IO.File]::ReadAllLines($lock)) {
        $words = @($line.Trim() -split '\s+')
        if ($words.Count -eq 2 -and @('version', 'base') -contains $words[0]) { $found[$words[0]] = $words[1] }
        if ($words[0] -ceq $Tool -and $words.Count -gt 1) { $rows[$words[1]] = $words }
    }
    if ($found.version -notmatch '^[0-9a-z]+([.-][0-9a-z]+)*$') { Stop-Launch "``$lock`` names no version" $restore }
    if ($found.version -eq 'source') { return $found }
    $target = $Targets | Where-Object { $rows.ContainsKey($_) } | Select-Object -First 1
    if (-not $target) {
        Stop-Launch "siding $($found.version) has no program ``$Tool`` for $($Targets[0])" "use one that ``$lock`` names, or build it and give ``binary-path``"
    }
    $row = $rows[$target]
    if ($row.Count -ne 4 -or $row[2] -cnotmatch '^[0-9a-f]{64}$' -or $row[3] -cnotmatch '^[0-9a-f]{64}$') {
        Stop-Launch "``$lock`` is broken: $Tool $target needs two sha256 sums" $restore
    }
    $found.target = $target; $found.archive = $row[2]; $found.program = $row[3]
    $found
}

# Whether the file is the program that release.lock names.
function Test-Program([string]$Where, [string]$File, $Release) {
    if (-not [IO.File]::Exists($File)) { $tried.Add("${Where}: ``$File`` is not there"); return $false }
    $sum = Get-Sum $File
    if ($sum -ceq $Release.program) { return $true }
    $tried.Add("${Where}: ``$File`` has sha256 $sum, release.lock says $($Release.program)")
    $mark = if ($env:GITHUB_ACTIONS -eq 'true') { '::warning title=SID0801::' } else { 'warning: ' }
    [Console]::Error.WriteLine("$mark${Where}: $File is not used: its sha256 is not the one in release.lock")
    $false
}

function Find-Program([string]$Tool) {
    if ($Tool -cnotmatch '^[a-z-]+$') { Stop-Launch 'that is no name of a program' 'use a name such as zip-deploy' }
    $given = if ($env:INPUT_BINARY_PATH) { $env:INPUT_BINARY_PATH } else { $env:SIDING_BIN }
    if ($given) {
        if ([IO.Directory]::Exists($given)) { $given = [IO.Path]::Combine($given, "$Tool.exe") }
        if (-not [IO.File]::Exists($given)) {
            Stop-Launch "there is no program ``$Tool`` where ``binary-path`` or SIDING_BIN leads" 'let it name the program, or the folder that holds it'
        }
        return [IO.Path]::GetFullPath($given)
    }
    $tried.Add('given path: none, neither the input `binary-path` nor the variable SIDING_BIN')
    $machine = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    # Windows on Arm runs programs for x86_64 as well.
    $targets = switch ($machine) {
        'AMD64' { 'x86_64-pc-windows-msvc' }
        'ARM64' { 'aarch64-pc-windows-msvc', 'x86_64-pc-windows-msvc' }
        default { Stop-Launch "siding has no programs for Windows on ``$machine``" 'use a runner on x86_64 or arm64, or build the program there and give `binary-path`' }
    }
    $release = Read-Lock $Tool $targets
    $cache = ''
    if ($env:RUNNER_TOOL_CACHE) { $cache = [IO.Path]::Combine($env:RUNNER_TOOL_CACHE, 'siding', $release.version, $release.target) }
    if ($release.version -ne 'source') {
        $bundled = [IO.Path]::Combine($PSScriptRoot, 'bin', $release.target, "$Tool.exe")
        if (Test-Program 'bundle' $bundled $release) { return $bundled }
        if (-not $cache) { $tried.Add('tool cache: none, RUNNER_TOOL_CACHE is not set') }
        else {
            $cached = [IO.Path]::Combine($cache, "$Tool.exe")
            if (Test-Program 'tool cache' $cached $release) { return $cached }
        }
    }
    . ([IO.Path]::Combine($PSScriptRoot, 'fetch.ps1'))
    if ($release.version -eq 'source') { return Build-Program $Tool }
    Get-Program $Tool $release $cache
}

$name = "$($args | Select-Object -First 1)"
$rest = @($args | Select-Object -Skip 1)
if ($name -cne 'setup') {
    $program = Find-Program $name
    $env:PSModulePath = $modules
    & $program @rest
    exit $LASTEXITCODE
}
if (-not $env:GITHUB_PATH -or -not $env:GITHUB_OUTPUT) {
    Stop-Launch 'GITHUB_PATH or GITHUB_OUTPUT is not set' 'use this as an action, in a step of a GitHub Actions job'
}
$tools = $rest
if (-not $tools) { $tools = @("$env:INPUT_TOOLS" -split '\s+' | Where-Object { $_ }) }
if (-not $tools) { $tools = @('siding') }
$folder = New-Folder 'siding-bin'
# Copies, so that nobody changes afterwards what was checked.
foreach ($tool in $tools) { [IO.File]::Copy((Find-Program $tool), [IO.Path]::Combine($folder, "$tool.exe"), $true) }
# It also shows that the program starts on this machine.
$said = & ([IO.Path]::Combine($folder, "$($tools[0]).exe")) --version
if ($LASTEXITCODE -ne 0) { Stop-Launch "$folder\$($tools[0]).exe does not start" 'see whether a policy of this machine forbids programs there' }
[IO.File]::AppendAllText($env:GITHUB_PATH, "$folder`n", $utf8)
[IO.File]::AppendAllText($env:GITHUB_OUTPUT, "version=$(@("$said" -split ' ')[-1])`npath=$folder`n", $utf8)
"$said, in $folder"
exit 0
