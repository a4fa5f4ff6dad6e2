#!/bin/bash
# PHP's own web server on loopback: php-server.sh DIR PORT, of the folder SITE, as the user SITE_UID and
# the group SITE_GID. Says "ready PID"; ends when its input closes.
set -eu
DIR=$1
PORT=$2
cd "$DIR"
exec 3>&1 >out.log 2>&1
SERVER=
trap '[ -z "$SERVER" ] || { kill -9 "$SERVER" 2>/dev/null; wait "$SERVER" 2>/dev/null; }' EXIT
DROP=
[ "$(id -u)" != 0 ] || DROP="setpriv --reuid=$SITE_UID --regid=$SITE_GID --clear-groups --"
$DROP php -d opcache.revalidate_freq=0 -S "127.0.0.1:$PORT" -t "$SITE" &
SERVER=$!
for _ in $(seq 100); do
    (: <>"/dev/tcp/127.0.0.1/$PORT") && break
    kill -0 "$SERVER"
    sleep 0.1
done
echo "ready $SERVER" >&3
cat >/dev/null
