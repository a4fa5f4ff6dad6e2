/** How an account's databases are called when another account gets them. Pure. */

/** `alice_shop` of `alice` is `bob_shop` of `bob`; what is not called after its account is put after the
 * name of the new one. */
export function renamedFor(account: string, former: string | undefined, name: string): string {
  if (former === undefined || former === account) return name;
  const own = `${former}_`;
  return `${account}_${name.startsWith(own) ? name.slice(own.length) : name}`;
}
