#!/bin/bash
# OpenStack Swift with its S3 interface on loopback, in a directory of its own: a store that knows
# little of S3. Nothing in /etc is used but the package's swift.conf.
# usage: swift-server.sh DIR PROXY_PORT ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT MEMCACHE_PORT
# Prints "ready" and the proxy's pid; ends with everything it started when its input closes.
set -euo pipefail
D=$1 PROXY=$2 MEMCACHE=$6
exec 3>&1 >"$D/out.log" 2>&1
mkdir -p "$D"/{etc,disk/d1,run}

# They fork workers: the process groups die with all of them.
set -m
trap 'for job in $(jobs -p); do kill -9 -- "-$job" || true; done' EXIT

for each in "account $3" "container $4" "object $5"; do
  read -r name port <<<"$each"
  (
    cd "$D/etc"
    swift-ring-builder "$name.builder" create 4 1 1
    swift-ring-builder "$name.builder" add "r1z1-127.0.0.1:$port/d1" 1
    swift-ring-builder "$name.builder" rebalance || true
  )
  cat >"$D/etc/$name.conf" <<C
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
swift_dir = $D/etc
devices = $D/disk
mount_check = false
user = swift
workers = 0
log_udp_host =
log_level = WARNING
[pipeline:main]
pipeline = $name-server
[app:$name-server]
use = egg:swift#$name
replication_server = true
C
done
cat >"$D/etc/proxy.conf" <<C
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $PROXY
swift_dir = $D/etc
user = swift
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth bulk slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$MEMCACHE
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
allow_multipart_uploads = true
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:symlink]
use = egg:swift#symlink
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
C
chown -R swift: "$D/disk"
chmod 755 "$D"
memcached -l 127.0.0.1 -p "$MEMCACHE" -u nobody &
for name in account container object; do
  swift-$name-server "$D/etc/$name.conf" -v </dev/null &
done
swift-proxy-server "$D/etc/proxy.conf" -v </dev/null &
LAST=$!
for port in "$PROXY" "$3" "$4" "$5" "$MEMCACHE"; do
  until (exec 4<>"/dev/tcp/127.0.0.1/$port"); do sleep 0.05; done
done
echo "ready $LAST" >&3
exec 3>&-
cat >/dev/null
