#!/bin/bash
# A PostgreSQL of its own in DIR: postgresql-server.sh DIR [PORT]. Says "ready PID"; ends when its input
# closes. Its superuser `postgres` is known by its Unix user. Without a port it is on a socket only, where
# everyone else has a password; with one it is as Debian's: passwords are for 127.0.0.1. The server refuses
# to run as root: then it runs as `postgres`.
set -eu
DIR=$1
PORT=${2:-}
cd "$DIR"
exec 3>&1 >out.log 2>&1
SERVER=
trap '[ -z "$SERVER" ] || { kill -9 "$SERVER" 2>/dev/null; wait "$SERVER" 2>/dev/null; }' EXIT
BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
BIN=${BIN:-$(dirname "$(readlink -f "$(command -v postgres)")")}
AS=
if [ "$(id -u)" = 0 ]; then
    AS='setpriv --reuid=postgres --regid=postgres --clear-groups'
    install -d -o postgres -g postgres pg
else
    mkdir pg
fi
ME=$($AS id -un)
OTHERS=scram-sha-256
[ -z "$PORT" ] || OTHERS=peer
$AS "$BIN/initdb" -D "$DIR/pg/data" -U postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync \
    --auth-local=peer --auth-host=scram-sha-256
cat > pg/data/pg_hba.conf <<END
local all postgres peer map=superuser
local all all $OTHERS
host all all 127.0.0.1/32 scram-sha-256
END
echo "superuser $ME postgres" > pg/data/pg_ident.conf
# exec: the process that answers is the one whose number is told.
$AS "$BIN/postgres" -D "$DIR/pg/data" -k "$DIR/pg" -p "${PORT:-5432}" \
    -c listen_addresses="${PORT:+127.0.0.1}" -c fsync=off -c shared_buffers=32MB \
    -c max_connections=40 -c unix_socket_permissions=0777 -c dynamic_shared_memory_type=mmap &
SERVER=$!
for _ in $(seq 600); do
    "$BIN/pg_isready" -q -h "$DIR/pg" -p "${PORT:-5432}" && break
    kill -0 "$SERVER"
    sleep 0.05
done
"$BIN/pg_isready" -h "$DIR/pg" -p "${PORT:-5432}"
echo "ready $SERVER" >&3
cat >/dev/null
