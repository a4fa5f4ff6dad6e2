/** RESTORE.md beside every account's snapshots: how to get everything back without Holdfast. */
import type { AccountIdentity } from '../types.js';

export function restoreNotes(account: Pick<AccountIdentity, 'name'>): string {
  return `# Restoring ${account.name} without Holdfast

Everything here opens with \`tar\`, \`gzip\` and a text editor.

1. Choose a snapshot: the names in \`snapshots/\` begin with its time in UTC. Open the file: \`state\`
   says whether it is complete, \`archives\` names the archive, \`leftOut\` what is missing.
2. Restore everything, as root, into an empty directory:

       mkdir /root/restored
       tar --extract --preserve-permissions --numeric-owner --same-owner --acls \\
           --xattrs --xattrs-include='*' --directory /root/restored --file archives/NAME.tar.gz

   (GNU tar recognises \`.tar\` and \`.tar.gz\` by itself; \`bsdtar -xpf\` works too.)
   \`homedir/\` is the account's home, \`config/account.json\` describes the account.
3. One file or folder: list the names with \`tar --list --file archives/NAME.tar.gz\` and add the
   one you want at the end of the command in step 2.
4. Check what you restored: every file's SHA-256 stands in the manifest.

       gzip -dc pages/*.jsonl.gz | grep '"path":"homedir/index.php"'
       sha256sum /root/restored/homedir/index.php

   For a file with \`"sparse"\` the SHA-256 is that of its data extents joined, without the holes.

The format is described byte by byte in Holdfast's FORMAT.md.
`;
}
