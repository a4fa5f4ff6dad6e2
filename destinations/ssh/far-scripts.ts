/**
 * What is run by the shell of the server: these texts and no others. Nothing is ever put into them
 * but the checked options of rsync: names come through standard input, first the folder to work in as
 * a line, then lines of our own, then names of files, each ended by a zero byte. No text has a single
 * quote, so that whatever shell the account has hands it to `sh` as it is.
 *
 * They do with what GNU coreutils, findutils and busybox have in common.
 */

const ENTER = 'umask 077; IFS= read -r d && cd "$d" || exit 90; ';

/** `cp` of folders as hard links, `xargs -0`, `ln`, `rm`, `sha256sum`, `find -print0` and rsync. */
export const PROBE = sh(
  ENTER +
    'mkdir a && echo x > a/f && cp -al a/. b && [ a/f -ef b/f ] || { echo no links; exit 0; }; ' +
    'printf "a/f\\0" | xargs -0 sha256sum -- > s && ' +
    'printf "b/f\\0b/g\\0" | xargs -0 -n 2 ln -- && printf "b/f\\0" | xargs -0 rm -rf -- && ' +
    '[ "$(find b -type f -print0 | tr -dc "\\0" | wc -c)" -eq 1 ] && [ -f b/g ] && ' +
    'head -c 64 s > t || { echo no tools; exit 0; }; ' +
    'echo "holdfast $(id -u) $(cat t)"; rsync --version || echo no rsync',
);
/** Lines: the tree to share files with, the new one. */
export const CLONE = sh(`${ENTER}IFS= read -r p && IFS= read -r n && cp -al "./$p/." "./$n/"`);
/** Line: what to remove. */
export const REMOVE = sh(`${ENTER}IFS= read -r n && rm -rf -- "./$n"`);
export const UNLINK = sh(`${ENTER}xargs -0 rm -rf --`);
export const DIGEST = sh(`${ENTER}xargs -0 sha256sum --`);
/** A line for each name, whatever is in it: names that the program would escape. */
export const DIGEST_EACH = sh(`${ENTER}xargs -0 -n 1 sh -c "sha256sum < \\"\\$1\\" || echo -" sh`);
export const SIZES = sh(`${ENTER}xargs -0 -n 1 sh -c "wc -c < \\"\\$1\\" || echo -" sh`);
/** Names in pairs. */
export const LINK = sh(`${ENTER}xargs -0 -n 2 ln --`);
export const COUNT = sh(`${ENTER}find . -type f -print0 | tr -dc "\\0" | wc -c`);
export const LIST = sh(`${ENTER}find . -type f -print0`);
export const SYNC = sh(`${ENTER}sync -f . || sync`);
/** Lines: number of the first byte, from 1; how many. */
export const READ = sh(
  `${ENTER}IFS= read -r o && IFS= read -r l && xargs -0 tail -c "+$o" -- | head -c "$l"`,
);

/** What follows the folder is rsync's. */
export function receive(options: readonly string[]): string {
  return sh(`${ENTER}exec rsync ${options.join(' ')}`);
}

function sh(script: string): string {
  return `exec /bin/sh -c '${script}'`;
}
