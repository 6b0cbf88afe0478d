import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';

/** A way in that this machine has. */
export interface WayIn {
  readonly credential: TokenCredential;
  /** As people say it: `the environment's AZURE_CLIENT_SECRET`. */
  readonly text: string;
  /** Nobody said that it is there: it is tried, and where it gives nothing there are no credentials. */
  readonly tried: boolean;
}

/**
 * The first way in of those that Azure's own tools take, in their order: a service principal of the environment, a
 * federated token (of a cluster, a pipeline), a pipeline of GitHub's, a managed identity, `az login`, `azd auth login`.
 * A machine's managed identity is asked for only where the environment says that there is one, or
 * AZURE_TOKEN_CREDENTIALS does: asking in vain takes seconds.
 */
export async function wayIn(
  env: NodeJS.ProcessEnv,
  has: (program: string) => Promise<boolean>,
): Promise<WayIn | undefined> {
  const identity = await import('@azure/identity');
  const authority = env.AZURE_AUTHORITY_HOST;
  // Another cloud than the public one is not known to the public one's directory of clouds.
  const options = authority === undefined ? {} : { authorityHost: authority, disableInstanceDiscovery: true };
  const { AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant } = env;
  const { AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: certificate } = env;
  if (client !== undefined && tenant !== undefined) {
    const text = 'the service principal of AZURE_CLIENT_ID';
    if (secret !== undefined) {
      const credential = new identity.ClientSecretCredential(tenant, client, secret, options);
      return { credential, text, tried: false };
    }
    if (certificate !== undefined) {
      const credential = new identity.ClientCertificateCredential(tenant, client, certificate, options);
      return { credential, text, tried: false };
    }
    if (env.AZURE_FEDERATED_TOKEN_FILE !== undefined)
      return {
        credential: new identity.WorkloadIdentityCredential({
          ...options,
          tenantId: tenant,
          clientId: client,
          tokenFilePath: env.AZURE_FEDERATED_TOKEN_FILE,
        }),
        text: 'the token in AZURE_FEDERATED_TOKEN_FILE',
        tried: false,
      };
    if (env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined && env.ACTIONS_ID_TOKEN_REQUEST_TOKEN !== undefined)
      return {
        // Asked for each time: such a token lives for minutes, and a first `up` takes longer.
        credential: new identity.ClientAssertionCredential(tenant, client, () => pipelineToken(env), options),
        text: "the pipeline's token (GitHub)",
        tried: false,
      };
  }
  const asked = env.AZURE_TOKEN_CREDENTIALS?.toLowerCase();
  if (
    env.IDENTITY_ENDPOINT !== undefined ||
    env.MSI_ENDPOINT !== undefined ||
    asked === 'managedidentitycredential'
  )
    return {
      credential: new identity.ManagedIdentityCredential(client === undefined ? {} : { clientId: client }),
      text: "the machine's managed identity",
      tried: true,
    };
  const tools = [
    ...((await has('az')) ? [new identity.AzureCliCredential()] : []),
    ...((await has('azd')) ? [new identity.AzureDeveloperCliCredential()] : []),
  ];
  if (tools.length === 0) return undefined;
  return {
    credential: new identity.ChainedTokenCredential(...tools),
    text: '`az login` or `azd auth login`',
    tried: true,
  };
}

/** A token that says which repository's pipeline this is (GitHub's documentation, "OpenID Connect", "Methods"). */
async function pipelineToken(env: NodeJS.ProcessEnv): Promise<string> {
  const url = `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent('api://AzureADTokenExchange')}`;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` },
  });
  const answer: unknown = await response.json();
  const value = typeof answer === 'object' && answer !== null && 'value' in answer ? answer.value : undefined;
  if (!response.ok || typeof value !== 'string') {
    const identity = await import('@azure/identity');
    throw new identity.CredentialUnavailableError(
      `the pipeline's token was not given: HTTP ${response.status}`,
    );
  }
  return value;
}

/** The subscription that `az account set` chose on this machine; undefined where it chose none. */
export async function chosenSubscription(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = env.AZURE_CONFIG_DIR ?? join(homedir(), '.azure');
  try {
    // The tool writes a byte order mark before it.
    const text = (await readFile(join(folder, 'azureProfile.json'), 'utf8')).replace(/^\u{feff}/u, '');
    const profile = JSON.parse(text) as {
      readonly subscriptions?: readonly { readonly id?: unknown; readonly isDefault?: unknown }[];
    };
    const id = profile.subscriptions?.find((each) => each.isDefault === true)?.id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
