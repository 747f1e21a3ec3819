/** What the clients need of Node, which brings no types of its own. */
declare const process: {
  env: Record<string, string | undefined>;
  stdin: AsyncIterable<Uint8Array>;
};
