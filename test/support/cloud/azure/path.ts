/** A path of Azure Resource Manager, taken apart. */
export interface ArmPath {
  readonly subscription: string;
  readonly group?: string;
  /** `Microsoft.Network/virtualNetworks/subnets`, `Microsoft.Resources/resourceGroups` */
  readonly type: string;
  readonly name: string;
  /** What is to be done with it, or a list of what is below it: `listClusterUserCredential`, `resources`. */
  readonly rest?: string;
  /** The path that something belongs to: a zone's of a record, a scope of a role assignment. */
  readonly parent?: string;
}

/** Takes a path apart; undefined where it is none of ARM's resources. Names keep their case, which does not count. */
export function armPath(path: string): ArmPath | undefined {
  const words = path.split('/').filter((word) => word !== '');
  if (words[0]?.toLowerCase() !== 'subscriptions' || words[1] === undefined) return undefined;
  const subscription = words[1];
  const inGroup = words[2]?.toLowerCase() === 'resourcegroups' ? words[3] : undefined;
  const grouped = inGroup === undefined ? {} : { group: inGroup };
  const at = words.map((word) => word.toLowerCase()).lastIndexOf('providers');
  if (at === -1) {
    if (inGroup === undefined) return undefined;
    const rest = words.slice(4).join('/');
    const type = 'Microsoft.Resources/resourceGroups';
    return { subscription, ...grouped, type, name: inGroup, ...(rest === '' ? {} : { rest }) };
  }
  const [service = '', ...pairs] = words.slice(at + 1);
  const types = pairs.filter((_, index) => index % 2 === 0);
  const names = pairs.filter((_, index) => index % 2 === 1);
  // A word without a name after it is an action, or a list.
  const rest = types.length > names.length ? types.pop() : undefined;
  if (types.length === 0) return undefined;
  const length = words.length - (rest === undefined ? 0 : 1);
  const end = types.length > 1 ? length - 2 : at;
  return {
    subscription,
    ...grouped,
    type: [service, ...types].join('/'),
    name: names.at(-1) ?? '',
    ...(rest === undefined ? {} : { rest }),
    ...(types.length > 1 || service === 'Microsoft.Authorization'
      ? { parent: `/${words.slice(0, end).join('/')}` }
      : {}),
  };
}

/** A path as the account keeps it: letters' case does not count in ARM. */
export function keyOf(path: string): string {
  return path.replace(/\/+$/, '').toLowerCase();
}
