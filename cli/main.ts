#!/usr/bin/env node
// The command `boundgrad`. It checks the version of Node before it imports anything, because on an older Node the imports would
// fail with a SyntaxError.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 16)) {
  process.stderr.write(
    `boundgrad: needs Node 20.16 or newer: this is ${process.versions.node}; see https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  const loaded = await import('./run.js').catch((error) => {
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
    process.stderr.write('boundgrad: cannot be loaded: too many files are open; raise the limit: ulimit -n 256\n');
  });
  if (loaded) process.stdout.on('error', loaded.onOutputError);
  // Node ends silently if nothing is left that could settle the promise of the command. A second Ctrl-C ends it with a code of its own.
  const onExit = (status: number) => {
    if (status !== 0) return;
    process.stderr.write(
      'boundgrad: ended too early: it waited for a promise that nothing can settle, in the file of --model?\n',
    );
    process.exitCode = 1;
  };
  process.once('exit', onExit);
  // Not awaited here, because Node 26 then prints a warning of its own.
  void (loaded ? loaded.runToEnd(process.argv.slice(2)) : Promise.resolve(1)).then((code) => {
    process.off('exit', onExit);
    // onOutputError may have set the exit code.
    process.exitCode = code || process.exitCode;
  });
}

export {};
