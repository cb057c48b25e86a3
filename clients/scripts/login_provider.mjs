// An OpenID provider for logins: it knows clients by registration or by the URL of their metadata, and accepts every user.
// Arguments: the folder of its packages, and a JSON object with the metadata documents of clients by their URL.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.argv[2] + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const documents = JSON.parse(process.argv[3]);

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  cookies: { keys: ['for trials only'] },
  scopes: ['openid', 'offline_access', 'pets:read', 'pets:write'],
  clientAuthMethods: ['none', 'private_key_jwt', 'client_secret_basic', 'client_secret_post'],
  pkce: { required: () => true },
  // The documents of ChatGPT and Claude are not fetched: the trial says what they contain.
  fetch: async (url) => {
    const document = documents[String(url)];
    return document
      ? new Response(JSON.stringify(document), { headers: { 'content-type': 'application/json' } })
      : new Response('', { status: 404 });
  },
  issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: 'pets:read pets:write',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
      }),
    },
  },
});
server.on('request', provider.callback());
console.log(JSON.stringify({ issuer }));
process.stdin.on('end', () => process.exit(0)).resume();
