/** How many messages are remembered; afterwards each may be told once more. */
const MEMORY = 10_000;

/**
 * Tells each message once: accounts are looked for every few minutes, and what is wrong with one stays
 * wrong for long.
 */
export function onceEach(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    if (told.size >= MEMORY) told.clear();
    told.add(message);
    tell(message);
  };
}
