#!/bin/bash
# A PostgreSQL of its own in DIR, on a socket only: postgresql-server.sh DIR. Says "ready PID"; ends when
# its input closes. As on Debian its superuser `postgres` is known by its Unix user; everyone else has a
# password. The server refuses to run as root: then it runs as `postgres`.
set -eu
DIR=$1
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
$AS "$BIN/initdb" -D "$DIR/pg/data" -U postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync \
    --auth-local=peer --auth-host=scram-sha-256
cat > pg/data/pg_hba.conf <<END
local all postgres peer map=superuser
${POSTGRESQL_HBA:-local all all scram-sha-256}
END
echo "superuser $ME postgres" > pg/data/pg_ident.conf
PORT=${POSTGRESQL_PORT:-5432}
# exec: the process that answers is the one whose number is told.
$AS "$BIN/postgres" -D "$DIR/pg/data" -k "$DIR/pg" -p "$PORT" \
    -c listen_addresses="${POSTGRESQL_ADDRESSES:-}" -c fsync=off -c shared_buffers=32MB \
    -c max_connections=40 -c unix_socket_permissions=0777 -c dynamic_shared_memory_type=mmap &
SERVER=$!
for _ in $(seq 600); do
    "$BIN/pg_isready" -q -h "$DIR/pg" -p "$PORT" && break
    kill -0 "$SERVER"
    sleep 0.05
done
"$BIN/pg_isready" -h "$DIR/pg" -p "$PORT"
echo "ready $SERVER" >&3
cat >/dev/null
