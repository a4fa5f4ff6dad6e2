#!/bin/bash
# A whole Ceph with an S3 gateway on loopback, in memory, in a directory of its own.
# usage: ceph-server.sh DIR MON_PORT HTTP_PORT HTTPS_PORT
# Prints "ready" and the gateway's pid; ends with everything it started when its input closes.
set -euo pipefail
D=$1 MON=$2 HTTP=$3 HTTPS=$4
exec 3>&1 >"$D/out.log" 2>&1
mkdir -p "$D"/{mon,osd,rgw,run,log}

trap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Holdfast test CA' \
  -keyout "$D/ca.key" -out "$D/ca.pem"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
  -keyout "$D/server.key" -out "$D/server.csr"
openssl x509 -req -in "$D/server.csr" -CA "$D/ca.pem" -CAkey "$D/ca.key" -CAcreateserial -days 2 \
  -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$D/server.pem"

FSID=$(cat /proc/sys/kernel/random/uuid)
cat >"$D/ceph.conf" <<C
[global]
fsid = $FSID
mon host = v2:127.0.0.1:$MON
public network = 127.0.0.0/8
public addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $D/keyring
run dir = $D/run
admin socket = $D/run/\$name.asok
pid file = $D/run/\$name.pid
log file = $D/log/\$name.log
log to stderr = false
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon data avail crit = 1
mon data avail warn = 2
mon osd down out interval = 0
auth allow insecure global id reclaim = false
# Without these two it takes 12 seconds to start instead of one.
paxos propose interval = 0.02
paxos min wait = 0.01
[mon.a]
mon data = $D/mon
[osd.0]
osd data = $D/osd
osd objectstore = memstore
memstore device bytes = 8589934592
osd class load list = *
osd class default list = *
[client.rgw.a]
rgw data = $D/rgw
rgw frontends = beast endpoint=127.0.0.1:$HTTP tcp_nodelay=1 ssl_endpoint=127.0.0.1:$HTTPS ssl_certificate=$D/server.pem ssl_private_key=$D/server.key
rgw enable usage log = false
rgw thread pool size = 64
# What was overwritten leaves memory soon.
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
C
export CEPH_CONF="$D/ceph.conf"

ceph-authtool --create-keyring "$D/keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$D/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
ceph-authtool "$D/keyring" --gen-key -n client.rgw.a --cap mon 'allow rwx' --cap osd 'allow rwx'
ceph-authtool "$D/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow profile osd'
monmaptool --create --addv a "[v2:127.0.0.1:$MON]" --fsid "$FSID" "$D/monmap"
ceph-mon --mkfs -i a --monmap "$D/monmap" --keyring "$D/keyring"
ceph-mon -f -i a &
OSD=$(cat /proc/sys/kernel/random/uuid)
ceph --connect-timeout 60 osd new "$OSD"
ceph-osd -i 0 --mkfs --osd-uuid "$OSD"
ceph-osd -f -i 0 &
radosgw -f -n client.rgw.a &
RGW=$!
radosgw-admin user create --uid=test --display-name=test --access-key=TESTKEY --secret-key=testsecret
for port in "$HTTP" "$HTTPS"; do
  until (exec 4<>"/dev/tcp/127.0.0.1/$port"); do sleep 0.05; done
done
echo "ready $RGW" >&3
exec 3>&-
cat >/dev/null
