/** Makes the calls that are named on standard input, a line each, and prints what came of each. */
export interface Outcome {
  data?: unknown;
  error?: unknown;
  response?: Response;
}

export async function drive(calls: Record<string, () => Promise<Outcome>>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of process.stdin) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const name of lines) {
      const call = calls[name];
      if (call === undefined) throw new Error(`no call is named ${name}`);
      const { data, error, response } = await call();
      console.log(JSON.stringify({ status: response?.status, answer: data ?? null, problem: error ?? null }));
    }
  }
}
