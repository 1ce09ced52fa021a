#!/bin/sh
# Runs in namespaces of its own, as root: a machine within this one, with users, homes and processes of its own.
# Arguments: the folders that stay, a colon, and the folders that are empty but for them.
# The machine ends with its stdin, and nothing of it stays.
set -eu

kept=''
while [ "$1" != : ]; do
    kept="$kept $1"
    shift
done
shift

mount -t tmpfs -o mode=755 tmpfs /srv
mkdir -m 755 /srv/etc
mkdir -m 700 /srv/kept
cp -a /etc/. /srv/etc
mount --bind /srv/etc /etc
for path in $kept; do
    mkdir -p "/srv/kept$path"
    mount --bind "$path" "/srv/kept$path"
done
for path; do
    mount -t tmpfs -o "mode=$(case $path in /tmp) echo 1777 ;; *) echo 755 ;; esac)" tmpfs "$path"
done
for path in $kept; do
    mkdir -p "$path"
    mount --bind "/srv/kept$path" "$path"
done
echo ready
exec cat >/dev/null
