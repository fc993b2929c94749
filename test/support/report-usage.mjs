// Preloaded into a process under test: says at its end how long it lived, in ms, and the most memory that it had resident, in MB.
process.on('exit', () => {
  const { maxRSS } = process.resourceUsage();
  process.stderr.write(`${JSON.stringify({ milliseconds: performance.now(), megabytes: (maxRSS * 1024) / 1e6 })}\n`);
});
