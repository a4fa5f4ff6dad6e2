/** RESTORE.md beside every account's snapshots: how to get everything back without Holdfast. Its
 * command lines work as they stand; a test runs them. */
import type { AccountIdentity } from '../types.js';

export function restoreNotes(account: Pick<AccountIdentity, 'name'>): string {
  return `# Restoring ${account.name} without Holdfast

Everything here is opened by \`tar\`, \`gzip\` and a text editor. Run the commands as root, one after
the other, in the folder that holds this file.

1. Choose a snapshot. Names begin with the time in UTC; this takes the newest:

       ls snapshots
       id=$(ls snapshots | tail -n 1 | sed 's/[.]json$//')

   In \`snapshots/$id.json\`, \`state\` says whether the snapshot is complete and \`leftOut\` what is
   missing.

2. Restore everything into a new directory:

       mkdir -m 700 /root/restored
       tar --extract --preserve-permissions --numeric-owner --same-owner --acls \\
           --xattrs --xattrs-include='*' --directory /root/restored --file archives/$id-1.tar*

   Where there is no GNU tar, bsdtar does the same:

       LC_ALL=C.UTF-8 bsdtar -x -p --numeric-owner -C /root/restored -f archives/$id-1.tar*

   \`homedir/\` is the account's home, \`config/account.json\` describes the account.

3. For one file or folder, find its name and put it at the end of the command of step 2:

       tar --list --file archives/$id-1.tar* | grep index

4. Every file's SHA-256 stands in the snapshot's manifest. This puts the manifest together and
   compares every file of a plain name (no quote, backslash or broken character in it):

       grep -o '"sha256":"[0-9a-f]*"' snapshots/$id.json | cut -d '"' -f 4 |
           sed 's|.*|pages/&.jsonl.gz|' | xargs gzip -dc > /root/restored.jsonl
       cd /root/restored
       sed -n '/"sparse":/d; s|^{"path":"\\([^"\\\\]*\\)",.*"sha256":"\\([0-9a-f]*\\)".*|\\2  \\1|p' \\
           /root/restored.jsonl | sha256sum --check --quiet

   Files with \`"sparse"\` are not compared: theirs is the SHA-256 of the parts between the holes.

The format is described byte by byte in Holdfast's FORMAT.md.
`;
}
