/** RESTORE.md beside every account's snapshots: how to get everything back without Holdfast. Its
 * command lines work as they stand; a test runs them. */
import type { AccountIdentity } from '../types.js';

export function restoreNotes(account: Pick<AccountIdentity, 'name'>): string {
  return `# Restoring ${account.name} without Holdfast

Everything here is opened by \`cp\`, \`tar\`, \`gzip\` and a text editor. Run the commands as root, one
after the other, in the folder that holds this file.

1. Choose a snapshot. Names begin with the time in UTC; this takes the newest that
   is not only what a restore replaced (\`trigger\` is \`safety\`):

       ls snapshots
       id=$(grep -L '"trigger":"safety"' snapshots/*.json | tail -n 1 | sed 's/.*[/]//; s/[.]json$//')

   \`state\` in \`snapshots/$id.json\` says whether it is complete, \`leftOut\` what is missing.

2. Restore everything into a new directory:

       mkdir -m 700 /root/restored

   \`structure\` in \`snapshots/$id.json\` says how. If it is \`archived\` or \`compressed\`:

       tar --extract --preserve-permissions --numeric-owner --same-owner --acls \\
           --xattrs --xattrs-include='*' --directory /root/restored --file archives/$id-1.tar*

   Where there is no GNU tar, bsdtar does the same:

       LC_ALL=C.UTF-8 bsdtar -x -p --numeric-owner -C /root/restored -f archives/$id-1.tar*

   If it is \`incremental\` and there is a folder \`trees/$id\`:

       cp -a trees/$id/. /root/restored/

   If it is \`incremental\` and there is none, the content lies in several archives. The program at the
   end of this file puts it together; save it as /root/restore.py:

       python3 /root/restore.py $id /root/restored

   \`homedir/\` is the account's home, \`config/account.json\` describes the account.
${DATABASES}${PARTS}
3. For one file or folder, copy it out of \`trees/$id\`, or find its name in the archive and put it at
   the end of the command of step 2:

       tar --list --file archives/$id-1.tar* | grep index

4. Every file's SHA-256 stands in the snapshot's manifest. This puts the manifest together and
   compares every file of a plain name (no quote, backslash or broken character in it):

       grep -o '"sha256":"[0-9a-f]*"' snapshots/$id.json | cut -d '"' -f 4 |
           sed 's|.*|pages/&.jsonl.gz|' | xargs gzip -dc > /root/restored.jsonl
       cd /root/restored
       sed -n '/"sparse":/d; s|^{"path":"\\([^"\\\\]*\\)",.*"sha256":"\\([0-9a-f]*\\)".*|\\2  \\1|p' \\
           /root/restored.jsonl | sha256sum --check --quiet

   Files with \`"sparse"\` are not compared: theirs is the SHA-256 of the parts between the holes.

The program of step 2, for incremental snapshots without a folder of their own:

${PROGRAM.replace(/^(?=.)/gm, '    ')}
The format is described byte by byte in Holdfast's FORMAT.md.
`;
}

const DATABASES = `
   Databases, if there are any, are scripts. One called shop is made again in an empty database of that
   name, whose character set stands in \`database.json\`:

       export LC_ALL=C
       cd /root/restored/databases/mariadb/shop
       cat tables/* | mariadb --binary-mode shop
       for script in sequences/* functions/* procedures/* packages/* views/* views/* triggers/* events/*; do
           [ ! -e "$script" ] || mariadb --binary-mode shop < "$script"
       done

   Views come twice, for some need others: the last time, none may complain but of being there already. The
   last line of a table's script tells its number of rows.

   Those of PostgreSQL are put into an empty database, too, whose encoding stands in \`database.json\`. The roles that own
   things in it (\`database-users/postgresql\`) must be there before. What is in it runs as whoever loads it: rather
   as its owner (\`-U\`) than as a superuser.

       cd /root/restored/databases/postgresql/shop
       { echo "\\restrict $(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"
         cat pre-data.sql*
         find tables -type f -print0 | LC_ALL=C sort -z | xargs -0 -r cat
         find . -name 'large-objects.sql*' -print0 | LC_ALL=C sort -z | xargs -0 -r cat
         cat sequences.sql* post-data.sql*
       } | psql -X -q -o /dev/null shop
`;

const PARTS = `
   What else there may be goes where its program wants it: \`cron/crontab\` (\`crontab -u NAME FILE\`),
   \`mail/ADDRESS\` (mailboxes outside of the home), \`zones/DOMAIN.zone\`, \`certificates/DOMAIN/\` (key,
   certificate, chain), \`ftp/accounts.json\` (names, homes, hashes of passwords) and \`config/panel/\` (the
   panel's own files; a name is the path they had, with \`%2f\` for \`/\`).
`;

/** Needs nothing but Python 3. */
const PROGRAM = `import base64, gzip, json, os, stat, sys

snapshot, target = sys.argv[1], sys.argv[2].encode()
pages = json.load(open(f'snapshots/{snapshot}.json'))['pages']
entries = [json.loads(line) for page in pages
           for line in gzip.open(f"pages/{page['sha256']}.jsonl.gz")]
KINDS = {'fifo': stat.S_IFIFO, 'socket': stat.S_IFSOCK,
         'character-device': stat.S_IFCHR, 'block-device': stat.S_IFBLK}

def name(entry, key):
    if key in entry:
        return entry[key].encode()
    return base64.b64decode(entry[key + 'Base64'])

def place(entry, key='path'):
    return os.path.join(target, name(entry, key))

def write(entry, path):
    with open(path, 'wb') as file:
        extents = entry.get('sparse', [[0, entry['size']]])
        if 'data' in entry:
            data = entry['data']
            with open('archives/' + data['archive'], 'rb') as archive:
                archive.seek(data['offset'])
                content = gzip.GzipFile(fileobj=archive)
                content.read(data['skip'])
                for offset, length in extents:
                    file.seek(offset)
                    while length > 0:
                        piece = content.read(min(length, 1 << 20))
                        if not piece:
                            sys.exit(f'{data["archive"]} is too short')
                        file.write(piece)
                        length -= len(piece)
        file.truncate(entry['size'])

made = []
for entry in entries:
    path, kind = place(entry), entry['type']
    if 'excludedBy' in entry:
        continue
    if 'hardLink' in entry or 'hardLinkBase64' in entry:
        first = place(entry, 'hardLink')
        if os.path.lexists(first):
            os.link(first, path, follow_symlinks=False)
        continue
    if kind == 'directory':
        os.makedirs(path, exist_ok=True)
    elif kind == 'file' and 'sha256' in entry:
        write(entry, path)
    elif kind == 'symlink' and ('target' in entry or 'targetBase64' in entry):
        os.symlink(name(entry, 'target'), path)
    elif kind in KINDS and 'problem' not in entry:
        device = os.makedev(*entry.get('device', [0, 0]))
        os.mknod(path, KINDS[kind] | 0o600, device)
    else:
        print('not stored:', name(entry, 'path').decode(errors='replace'))
        continue
    made.append((path, entry))

for path, entry in reversed(made):
    os.chown(path, entry['uid'], entry['gid'], follow_symlinks=False)
    if entry['type'] != 'symlink':
        os.chmod(path, entry['mode'])
    for attribute in entry.get('xattrs', []):
        value = base64.b64decode(attribute['value'])
        os.setxattr(path, name(attribute, 'name'), value, follow_symlinks=False)
    seconds, nanoseconds = entry['mtime'].lstrip('-').split('.')
    mtime = int(seconds) * 10**9 + int(nanoseconds)
    mtime = -mtime if entry['mtime'].startswith('-') else mtime
    os.utime(path, ns=(mtime, mtime), follow_symlinks=False)
`;
