//! Build output that tries to command the CI host that prints it: the fault `kudu.hostile-log`.

/// How long the longest line is, in bytes.
const LONG: usize = 100_000;

/// The lines, each as one message of the log.
pub(super) fn lines() -> Vec<String> {
    let invalid = String::from_utf8_lossy(b"not UTF-8: \xff\xfe\xc3(").into_owned();
    [
        "##vso[task.setvariable variable=PWNED]1",
        "  ##vso[task.complete result=Succeeded;]done",
        "::error::pwned",
        "::add-mask::a",
        "::stop-commands::pwned",
        "::set-output name=pwned::1",
        "##[error]pwned",
        "##[command]pwned",
        "harmless\r::error::pwned after a lone carriage return",
        "harmless\r\n##vso[task.setvariable variable=PWNED]2",
        "harmless\n::error::pwned after a line feed",
        "harmless\\n::error::pwned after an escaped line feed",
        "\u{1b}[31mred\u{1b}[0m \u{1b}]0;pwned\u{7} \u{1b}[2J",
        "##\u{ad}vso[task.setvariable variable=PWNED]3 with a soft hyphen",
        ":\u{ad}:error::pwned with a soft hyphen",
        "\u{feff}::error::pwned after a byte order mark",
        "\u{2028}::error::pwned after a line separator",
        "\u{202e}dednik-eman :txet lacol a",
        "nul \u{0} and backspace \u{8}",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([invalid, "x".repeat(LONG)])
    .collect()
}
