// An identity provider for tests: `node provider.mjs SETTINGS`, with SETTINGS as JSON:
// {client, people: {login: claims}}. Says the port on which it listens.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { client, people } = JSON.parse(process.argv[2]);
const claims = Object.keys(Object.assign({}, ...Object.values(people)));
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], profile: claims },
    cookies: { keys: ["tests"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...(people[id] ?? {}) }),
    }),
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(`listening on ${server.address().port}`);
});
