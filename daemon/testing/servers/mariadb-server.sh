#!/bin/bash
# A MariaDB of its own in DIR, on a socket only: mariadb-server.sh DIR. Says "ready PID"; ends when its
# input closes. The account `root` signs in by its Unix user, as on Debian.
set -eu
DIR=$1
cd "$DIR"
exec 3>&1 >out.log 2>&1
SERVER=
trap '[ -z "$SERVER" ] || { kill -9 "$SERVER" 2>/dev/null; wait "$SERVER" 2>/dev/null; }' EXIT
ME=$(id -un)
# A server that starts removes whatever temporary tables lie there, also those of another one.
mkdir -p "$DIR/tmp"
export TMPDIR=$DIR/tmp
mariadb-install-db --no-defaults --user="$ME" --datadir="$DIR/data" --skip-test-db \
    --auth-root-authentication-method=socket --auth-root-socket-user="$ME" \
    --innodb-log-file-size=16M
mariadbd --no-defaults --user="$ME" --datadir="$DIR/data" --socket="$DIR/mariadb.sock" \
    --pid-file="$DIR/mariadb.pid" --skip-networking --innodb-buffer-pool-size=64M \
    --innodb-log-file-size=16M --event-scheduler=OFF ${MARIADB_OPTIONS:-} &
SERVER=$!
for _ in $(seq 300); do
    mariadb-admin --no-defaults --socket="$DIR/mariadb.sock" ping && break
    kill -0 "$SERVER"
    sleep 0.1
done
mariadb-admin --no-defaults --socket="$DIR/mariadb.sock" ping
echo "ready $SERVER" >&3
cat >/dev/null
