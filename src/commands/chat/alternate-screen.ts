// The terminal's other screen, for --alt-screen: what was there before comes back when the chat ends, however it ends.

const [enter, leave] = ['\u001b[?1049h\u001b[H', '\u001b[?1049l'];

export async function onAlternateScreen<Result>(output: NodeJS.WriteStream, work: () => Promise<Result>): Promise<Result> {
  const back = (): void => void output.write(leave);
  output.write(enter);
  process.once('exit', back);
  try {
    return await work();
  } finally {
    process.off('exit', back);
    back();
  }
}
