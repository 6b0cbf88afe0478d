import { armPath } from './path.ts';

const verbs: Readonly<Record<string, string>> = {
  GET: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
};

/** The action that somebody has to be allowed for a call (Microsoft's documentation, "Azure permissions"). */
export function actionOf(method: string, path: string): string {
  const service = /^\/subscriptions\/[^/]+\/providers\/([\w.]+)(?:\/(.*))?$/.exec(path);
  if (/^\/subscriptions(\/[^/]+)?$/.test(path)) return 'Microsoft.Resources/subscriptions/read';
  if (/^\/subscriptions\/[^/]+\/resources$/.test(path))
    return 'Microsoft.Resources/subscriptions/resources/read';
  const [, namespace = '', rest] = service ?? [];
  if (service !== null && rest === undefined) return 'Microsoft.Resources/subscriptions/providers/read';
  if (rest === 'register') return `${namespace}/register/action`;
  if (rest === 'permissions') return `${namespace}/permissions/read`;
  if (rest === 'dnszones') return `${namespace}/dnsZones/read`;
  if (/^locations\/\w+\/usages$/.test(rest ?? '')) return `${namespace}/locations/usages/read`;
  // Whoever may read a service may read what became of its own requests.
  if (/^locations\/\w+\/operations\//.test(rest ?? '')) return 'Microsoft.Resources/subscriptions/read';
  // The registry's reads by POST.
  if (rest === 'checkNameAvailability')
    return `${namespace}/${rest}/${namespace === 'Microsoft.ContainerRegistry' ? 'read' : 'action'}`;
  const parsed = armPath(path);
  const type = parsed?.type.replace('Microsoft.Resources/', 'Microsoft.Resources/subscriptions/') ?? path;
  if (parsed?.rest !== undefined) return `${type}/${parsed.rest}/${method === 'GET' ? 'read' : 'action'}`;
  return `${type}/${verbs[method] ?? method}`;
}

/** Whether a pattern of a role, with `*` for any words, is for an action; letters' case does not count. */
export function allows(pattern: string, action: string): boolean {
  const [wanted, ...words] = [action.toLowerCase(), ...pattern.toLowerCase().split('*')];
  let from = 0;
  for (const [index, word] of words.entries()) {
    const at = index === 0 ? (wanted.startsWith(word) ? 0 : -1) : wanted.indexOf(word, from);
    if (at === -1) return false;
    from = at + word.length;
  }
  return pattern.endsWith('*') || wanted.endsWith(words.at(-1) ?? '');
}
