'use strict';
// What the agent of Azure Pipelines runs for each of our tasks: it picks the program for this machine and starts it with the
// agent's environment as it is, passes signals on, and ends with the program's exit code. It uses nothing but Node: loading
// Microsoft's task library would delete the inputs, the service connection and the secrets from the environment.

const fs = require('fs');
const os = require('os');
const path = require('path');
const spawn = require('child_process').spawn;

// By `process.platform` and `process.arch`. The programs for Linux are static, so that they run in every distribution.
// Windows on ARM runs programs for x64; a 32-bit agent may run on a 64-bit Windows.
const TARGETS = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
  'win32-arm64': 'x86_64-pc-windows-msvc',
  'win32-ia32': 'x86_64-pc-windows-msvc',
};
// How programs begin. What was cut or replaced on its way may be run as an empty script, which ends well.
const MAGIC = { linux: '7f454c46', darwin: 'cffaedfe', win32: '4d5a' };
const REASONS = {
  EACCES: 'the machine forbids it: the file system may be mounted noexec; set `SIDING_BIN` to a folder where programs may run',
  EPERM: 'a policy of the machine forbids it, such as AppArmor, SELinux or AppLocker: allow the file',
  ENOEXEC: 'it is made for another kind of machine, or damaged: install the extension again',
};

const task = JSON.parse(fs.readFileSync(path.join(__dirname, 'task.json'), 'utf8'));
const program = task.name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
const machine = process.platform + '-' + process.arch;
const windows = process.platform === 'win32';

// An issue of several lines. The agent reads a command from the line, so what could end or add one is escaped.
function fail(lines) {
  const text = lines.join('\n').replace(/[^\n\x20-\x7e\xa0-\uffff]/g, '?').replace(/%/g, '%AZP25');
  const escaped = text.replace(/\n/g, '%0A').replace(/\]/g, '%5D').replace(/;/g, '%3B');
  process.stdout.write('##vso[task.logissue type=error]' + escaped + '\n');
  process.exitCode = 1;
}

function isRunnable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch (refused) {
    return false;
  }
}

// The extension's package keeps no execute bit. Where the bit cannot be set, as on a read-only mount, or does not help, as on
// a noexec one, a copy in the job's temporary folder is run.
function runnable(file) {
  try {
    if (!isRunnable(file)) fs.chmodSync(file, 0o755);
  } catch (refused) {
    // The copy will do.
  }
  if (isRunnable(file)) return { file: file, remove: () => {} };
  const folder = fs.mkdtempSync(path.join(process.env.AGENT_TEMPDIRECTORY || os.tmpdir(), 'siding-'));
  const copy = path.join(folder, program);
  fs.copyFileSync(file, copy);
  fs.chmodSync(copy, 0o700);
  const remove = () => {
    fs.unlinkSync(copy);
    fs.rmdirSync(folder);
  };
  return { file: copy, remove: remove };
}

function startOf(file) {
  const start = Buffer.alloc(4);
  const opened = fs.openSync(file, 'r');
  fs.readSync(opened, start, 0, 4, 0);
  fs.closeSync(opened);
  return start.toString('hex');
}

// Runs the program from the folder that somebody has named, else from the task, else by the launcher, which fetches it.
function main() {
  const target = TARGETS[machine];
  if (!target) throw new Error('it runs on ' + Object.keys(TARGETS).join(', '));
  const bin = path.join(__dirname, 'bin');
  const launcher = path.join(__dirname, 'launch.sh');
  const given = process.env.SIDING_BIN;
  const file = path.join(given || path.join(bin, target), windows ? program + '.exe' : program);
  if (fs.existsSync(file)) {
    if (startOf(file).startsWith(MAGIC[process.platform])) return run(runnable(file), [], process.env);
    throw new Error(file + ' is no program for this machine\nit was damaged on its way here: install the extension again');
  }
  if (!given && !windows && fs.existsSync(launcher)) {
    const folders = { RUNNER_TEMP: process.env.AGENT_TEMPDIRECTORY || os.tmpdir() };
    const cache = process.env.RUNNER_TOOL_CACHE || process.env.AGENT_TOOLSDIRECTORY;
    if (cache) folders.RUNNER_TOOL_CACHE = cache;
    return run({ file: '/bin/sh', remove: () => {} }, [launcher, program], Object.assign({}, process.env, folders));
  }
  const bundled = fs.existsSync(bin) ? fs.readdirSync(bin).join(', ') : 'no machine at all';
  const version = [task.version.Major, task.version.Minor, task.version.Patch].join('.');
  throw new Error([
    file + ' does not exist; ' + (given ? '`SIDING_BIN` names the folder' : 'the task has programs for ' + bundled),
    'unpack ' + [program, version, target].join('-') + (windows ? '.zip' : '.tar.gz') + ' of the release, and set `SIDING_BIN` to its folder',
    'how: ' + task.helpUrl.replace(/docs\/.*/, 'docs/azure-devops.md#other-machines'),
  ].join('\n'));
}

function run(chosen, words, environment) {
  const child = spawn(chosen.file, words, { stdio: 'inherit', env: environment });
  child.on('error', (error) => {
    chosen.remove();
    fail([chosen.file + ' cannot be started: ' + error.code, REASONS[error.code] || error.message]);
  });
  child.on('exit', (code, signal) => {
    chosen.remove();
    if (signal) fail([program + ' was ended by ' + signal, 'if nobody cancelled it, the machine may have run out of memory']);
    else process.exitCode = code;
  });
  ['SIGINT', 'SIGTERM', 'SIGBREAK'].forEach((signal) => process.on(signal, () => {
    // The agent tells this process only. On Windows the console has told the program too, and `kill` would end it at once.
    if (!windows) child.kill(signal);
  }));
}

try {
  main();
} catch (error) {
  fail([task.name + ' cannot start on ' + machine, error.message]);
}
