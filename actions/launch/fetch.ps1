# What launch.ps1 reads when the program is nowhere on this machine: it downloads it, or builds it where there is no release.

# Fetches a URL into a file; what went wrong, or nothing.
function Save-Url([string]$Url, [string]$File) {
    $curl = [IO.Path]::Combine([Environment]::SystemDirectory, 'curl.exe')
    if ([IO.File]::Exists($curl)) {
        $options = @('-q', '--silent', '--location', '--fail', '--proto', '=https', '--retry', '4', '--connect-timeout', '15',
            '--speed-limit', '1000', '--speed-time', '60', '--write-out', '%{http_code}', '--output', $File)
        $status = & $curl $options $Url
        # Where TLS is inspected nobody answers whether a certificate is revoked. The sha256 is what counts; an old curl has no such flag.
        if ($LASTEXITCODE -eq 35) {
            $status = & $curl $options --ssl-revoke-best-effort $Url
            if ($LASTEXITCODE -eq 2) { return 'TLS is not to be trusted, or nobody tells whether its certificate is revoked' }
        }
        switch ($LASTEXITCODE) {
            0 { return '' }
            { 5, 6 -contains $_ } { return 'a name could not be resolved' }
            7 { return 'no connection' }
            22 { return "HTTP status $status" }
            28 { return 'no answer in time' }
            { 35, 60, 77 -contains $_ } { return 'TLS is not to be trusted; where it is inspected, add your CA to the certificates of Windows' }
            56 { return 'the connection broke, or the proxy refused' }
            default { return "curl ended with $_" }
        }
    }
    # A Windows from before 2018 has no curl.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $more = @{}
    if ($env:HTTPS_PROXY) { $more.Proxy = if ($env:HTTPS_PROXY -match '://') { $env:HTTPS_PROXY } else { "http://$env:HTTPS_PROXY" } }
    try { Invoke-WebRequest -Uri $Url -OutFile $File -UseBasicParsing -TimeoutSec 120 @more; '' }
    catch { ($_.Exception.Message -split '[\r\n]')[0] -replace '[^\w .,:()''-]', ' ' }
}

# The program out of the release's archive, checked, in the tool cache where that can be written.
function Get-Program([string]$Tool, $Release, [string]$Cache) {
    $base = if ($env:INPUT_DOWNLOAD_BASE) { $env:INPUT_DOWNLOAD_BASE } elseif ($env:SIDING_DOWNLOAD_BASE) { $env:SIDING_DOWNLOAD_BASE } else { $Release.base }
    $base = $base.TrimEnd('/')
    if ($base -cnotmatch '^https://[A-Za-z0-9.:/_~-]+$') {
        Stop-Launch 'the download base is no plain https URL' 'give one without user, query or blanks, such as https://mirror.example.com/siding'
    }
    $version, $target = $Release.version, $Release.target
    $url = "$base/bin-v$version/$Tool-$version-$target.zip"
    $scratch = New-Folder 'siding'
    $archive, $program = [IO.Path]::Combine($scratch, 'archive'), [IO.Path]::Combine($scratch, "$Tool.exe")
    $why = Save-Url $url $archive
    if (-not $why) {
        $sum = Get-Sum $archive
        if ($sum -cne $Release.archive) { $why = "it has sha256 $sum, release.lock says $($Release.archive): another file, cut short, or the page of a proxy" }
    }
    if (-not $why) {
        # One entry, by its name, into a file of ours: no path in the archive leads anywhere. Its hash tells the rest.
        Add-Type -AssemblyName System.IO.Compression.FileSystem
        $zip = [IO.Compression.ZipFile]::OpenRead($archive)
        try {
            $entry = $zip.GetEntry("$Tool.exe")
            if ($entry) { [IO.Compression.ZipFileExtensions]::ExtractToFile($entry, $program, $true) }
        }
        finally { $zip.Dispose() }
        if (-not (Test-Program 'download' $program $Release)) { $why = "its ``$Tool.exe`` is not the one of release.lock" }
    }
    if ($why) {
        $tried.Add("download: ${url}: $why")
        # What a scanner holds open stays; the runner empties its folder.
        try { [IO.Directory]::Delete($scratch, $true) } catch { }
        $place = if ($Cache) { $Cache } else { "RUNNER_TOOL_CACHE\siding\$version\$target" }
        Stop-Launch "$Tool $version for $target is not on this machine and could not be fetched" `
            "let the runner reach the URL, or name a mirror (download-base), or put the bundle's bin\$target\$Tool.exe into $place"
    }
    [Console]::Error.WriteLine("fetched $Tool $version from $url")
    if (-not $Cache) { return $program }
    # A tool cache that is read-only or full, or in use at this moment, is no reason to fail.
    $draft, $kept = [IO.Path]::Combine($Cache, '.' + [IO.Path]::GetRandomFileName()), [IO.Path]::Combine($Cache, "$Tool.exe")
    try {
        [void][IO.Directory]::CreateDirectory($Cache)
        [IO.File]::Copy($program, $draft)
        # Another job may have put it there meanwhile, and be about to start it.
        if (-not [IO.File]::Exists($kept) -or (Get-Sum $kept) -cne $Release.program) {
            [IO.File]::Delete($kept)
            [IO.File]::Move($draft, $kept)
        }
        $chosen = $kept
    }
    catch { $chosen = $program }
    try { [IO.File]::Delete($draft) } catch { }
    # Only what is used stays.
    if ($chosen -eq $kept) { try { [IO.Directory]::Delete($scratch, $true) } catch { } }
    $chosen
}

# Where release.lock says `version source`, as in our own CI before there is a release.
function Build-Program([string]$Tool) {
    $tried.Add('download: none, release.lock says `version source`')
    $release = 'use a release of siding: @v1.2.3 or its commit behind `uses:`'
    $manifest = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..', 'Cargo.toml'))
    if (-not [IO.File]::Exists($manifest)) { $tried.Add('source: no Cargo.toml lies beside the actions') }
    elseif (-not (Get-Command cargo -CommandType Application -ErrorAction SilentlyContinue)) { $tried.Add('source: cargo is not on the PATH') }
    else {
        $folder = if ($env:CARGO_TARGET_DIR) { [IO.Path]::GetFullPath($env:CARGO_TARGET_DIR) } else { [IO.Path]::Combine($temp, 'siding-build') }
        $features = if ($Tool -eq 'siding') { @('--all-features') } else { @('--no-default-features', '--features', 'records') }
        [Console]::Error.WriteLine("building $Tool from source, because release.lock names no release")
        & cargo build --release --locked --quiet $features --bin $Tool --manifest-path $manifest --target-dir $folder | Out-Null
        if ($LASTEXITCODE -ne 0) { Stop-Launch "$Tool could not be built from source" "read cargo's messages above" }
        return [IO.Path]::Combine($folder, 'release', "$Tool.exe")
    }
    Stop-Launch "release.lock names no release, and $Tool could not be built" $release
}
