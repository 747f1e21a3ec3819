/** A client as strict TypeScript has it: one call of each kind, with the fields that must be there. */
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

type Way = components["schemas"]["Way"];

const client = createClient<paths>({
  baseUrl: process.env["URL"] ?? "",
  headers: { Authorization: `Bearer ${process.env["API_KEY"]}` },
});

interface Answered<T> {
  data?: T;
  error?: components["schemas"]["Problem"];
  response: Response;
}

/** The answer of a call, which must have one. */
async function given<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (data === undefined) throw new Error(`${response.url}: ${JSON.stringify(error)}`);
  return data;
}

/** A way out in words; a kind that is forgotten here does not compile. */
function said(way: Way): string {
  switch (way.kind) {
    case "wait":
      return `wait until ${way.at} for ${way.available}`;
    case "top_up":
      return `buy ${way.credits}${way.price ? ` for ${way.price.amount}` : ""}`;
    case "upgrade":
      return `take ${way.plan}, ${way.credits} ${way.interval}`;
    case "less":
      return `${way.outputs ?? 1} of it cost ${way.credits}`;
    case "cheaper":
      return `${way.model} costs ${way.credits}`;
  }
}

async function main(): Promise<void> {
  const path = { account: "tess" };
  const header = { "Idempotency-Key": "first" };
  await given(client.POST("/v1/accounts", { body: { id: "tess" } }));
  const members = { members: { mia: 50, tom: null } };
  await given(client.POST("/v1/accounts", { body: { id: "team", ...members } }));
  await given(client.POST("/v1/accounts/{account}/members", { params: { path }, body: { member: "ann" } }));
  await given(client.POST("/v1/accounts/{account}/subscription", { params: { path }, body: { plan: "Basic" } }));
  const grant = await given(client.POST("/v1/accounts/{account}/grants", { params: { path }, body: { credits: 50 } }));
  const promo: boolean = grant.source === "promo";
  await given(client.POST("/v1/accounts/{account}/adjustments", { params: { path }, body: { credits: -1, reason: "a test" } }));
  const quote = await given(
    client.POST("/v1/quotes", {
      body: { model: "Clip", settings: {}, quantities: { seconds: 2 }, account: "tess" },
    }),
  );
  const hold = await given(client.POST("/v1/accounts/{account}/holds", { params: { path }, body: { quote: quote.quote } }));
  const settled = await given(
    client.POST("/v1/accounts/{account}/holds/{hold}/settle", {
      params: { path: { ...path, hold: hold.hold } },
      body: { outcome: "timeout" },
    }),
  );
  const charged = await given(
    client.POST("/v1/accounts/{account}/charges", {
      params: { path, header },
      body: { model: "Dot", labels: { project: "owl" } },
    }),
  );
  const batch = await given(
    client.POST("/v1/batch", {
      body: {
        commands: [
          { do: "charge", account: "tess", model: "Dot" },
          { do: "grant", account: "tess", credits: 5 },
        ],
      },
    }),
  );
  const refused = await client.POST("/v1/accounts/{account}/charges", {
    params: { path },
    body: { model: "Dot", outputs: 170 },
  });
  const entries = await given(client.GET("/v1/accounts/{account}/entries", { params: { path } }));
  const report = await given(client.POST("/v1/verify", { body: {} }));
  await given(client.POST("/v1/estimates", { body: { lines: [{ count: 1, model: "Dot" }, "2 x Dot"] } }));
  await given(client.GET("/v1/accounts/{account}/balance", { params: { path } }));
  await given(client.GET("/v1/prices"));
  console.log(
    JSON.stringify({
      promo,
      outcome: settled.outcome,
      receipt: charged.receipt,
      batch: batch.answers.map((each) => each.status),
      code: refused.error?.code,
      ways: (refused.error?.ways_out ?? []).map(said),
      kinds: entries.entries.map((each) => each.kind),
      ok: report.ok,
    }),
  );
}

/** What the server would refuse does not compile. */
export async function mistakes(): Promise<void> {
  const path = { account: "tess", hold: "h1" };
  // @ts-expect-error - no such outcome
  await client.POST("/v1/accounts/{account}/holds/{hold}/settle", { params: { path }, body: { outcome: "timed_out" } });
  // @ts-expect-error - no such source
  await client.POST("/v1/accounts/{account}/grants", { params: { path }, body: { credits: 1, source: "gift" } });
  // @ts-expect-error - the plan is missing
  await client.POST("/v1/accounts/{account}/subscription", { params: { path }, body: {} });
  // @ts-expect-error - no such command
  await client.POST("/v1/batch", { body: { commands: [{ do: "give", account: "tess" }] } });
}

await main();
