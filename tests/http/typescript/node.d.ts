/** What the client needs of Node, which brings no types of its own. */
declare const process: { env: Record<string, string | undefined> };
