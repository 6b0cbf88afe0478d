/** Puts the project's id and number where `{project}` and `{number}` stand, in every text of a value. */
export function filled<Value>(
  value: Value,
  account: { readonly project: string; readonly number: string },
): Value {
  const fill = (each: unknown): unknown => {
    if (typeof each === 'string')
      return each.replaceAll('{project}', account.project).replaceAll('{number}', account.number);
    if (Array.isArray(each)) return each.map(fill);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, fill(member)]));
  };
  return fill(value) as Value;
}
