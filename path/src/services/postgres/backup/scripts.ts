/*
 * What a backup's pod runs. One snapshot of the database gives the dump and the sums of all tables, so that what is
 * restored can be compared with what was there then and not with what has become of it since. Nothing that is not encrypted is
 * written anywhere: the dump goes through a pipe. What a restoration replaces is backed up by the same scripts: DATABASE and
 * SUFFIX say so.
 */

/** Settings under which rows read the same on every server. */
const asText = `SET timezone TO 'UTC';
SET datestyle TO 'ISO, YMD';
SET intervalstyle TO 'postgres';
SET extra_float_digits TO 1;
SET bytea_output TO 'hex';
`;

/**
 * Has psql print a line for each table: its name, its rows, and a sum over them that does not depend on their order.
 * For `--tuples-only --no-align`.
 */
export const tableSums = `${asText}SELECT format(
    'SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM ONLY %I.%I AS t',
    n.nspname || '.' || c.relname, n.nspname, c.relname)
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY n.nspname, c.relname
\\gexec
`;

/** The files of the ConfigMap, for a server's programs in a folder. */
export function backupScripts(programs: string): Readonly<Record<string, string>> {
  return {
    'backup.sh': `set -eu
umask 077
cd /work
rm -rf ./*
scripts=/etc/ptp-backup
read_binding() { cat "/bindings/$1"; }
PGHOST=$(read_binding host) PGPORT=$(read_binding port) PGDATABASE=\${DATABASE:-$(read_binding database)}
PGUSER=$(read_binding username) PGPASSWORD=$(read_binding password)
export PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD
created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
tag=$(date -u -d "$created" +%Y%m%dt%H%M%Sz)\${SUFFIX:-}
${programs}/psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file="$scripts/snapshot.sql"
if [ ! -e dumped ]; then echo 'the dump did not come to its end' >&2; exit 1; fi
age --encrypt --recipient "$RECIPIENT" --output tables.age < tables
. "$scripts/send.sh"
echo "backup $tag"
`,
    'snapshot.sql': `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\! exec /bin/sh /etc/ptp-backup/dump.sh
\\o tables
${tableSums}\\o
COMMIT;
`,
    'dump.sh': `set -eu
mkfifo plain
${programs}/pg_dump --format=custom --compress=zstd --snapshot="$SNAPSHOT" > plain &
dump=$!
age --encrypt --recipient "$RECIPIENT" --output dump.age < plain
wait "$dump"
: > dumped
`,
    // OCI distribution specification 1.1, "Pushing a blob monolithically", "Pushing Manifests", "Deleting".
    'send.sh': `origin=\${REGISTRY%%/v2/*}
: > curl.conf
if [ -e /registry/auth ]; then printf 'header = "Authorization: Basic %s"\\n' "$(cat /registry/auth)" > curl.conf; fi
ask() { curl --config curl.conf --silent --show-error --fail --retry 3 --retry-connrefused --max-time 3600 "$@"; }
blob() {
  digest=sha256:$(sha256sum "$1" | cut -c 1-64)
  size=$(stat -c %s "$1")
  location=$(ask --request POST --output /dev/null --write-out '%header{location}' "$REGISTRY/blobs/uploads/")
  case $location in /*) location=$origin$location ;; esac
  case $location in *\\?*) location="$location&digest=$digest" ;; *) location="$location?digest=$digest" ;; esac
  ask --upload-file "$1" --header 'Content-Type: application/octet-stream' --output /dev/null "$location"
  printf '{"mediaType":"%s","digest":"%s","size":%s}' "$2" "$digest" "$size" > "$1.descriptor"
}
printf '{}' > empty
blob empty application/vnd.oci.empty.v1+json
blob dump.age application/vnd.ptp.postgres.dump.v1+age
blob tables.age application/vnd.ptp.postgres.tables.v1+age
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.ptp.postgres.backup.v1","config":%s,"layers":[%s,%s],"annotations":{"org.opencontainers.image.created":"%s"}}' \\
  "$(cat empty.descriptor)" "$(cat dump.age.descriptor)" "$(cat tables.age.descriptor)" "$created" > manifest
ask --upload-file manifest --header 'Content-Type: application/vnd.oci.image.manifest.v1+json' --output /dev/null "$REGISTRY/manifests/$tag"
# The oldest beyond those that are kept go; a registry that deletes nothing keeps them.
list=$(ask "$REGISTRY/tags/list?n=1000")
IFS='"'
tags=$(for word in $list; do case $word in [0-9]*t[0-9]*z | [0-9]*t[0-9]*z-replaced) printf '%s\\n' "$word" ;; esac; done | sort | head -n "-$KEEP")
unset IFS
for old in $tags; do
  digest=$(ask --head --header 'Accept: application/vnd.oci.image.manifest.v1+json' --output /dev/null --write-out '%header{docker-content-digest}' "$REGISTRY/manifests/$old") || continue
  ask --request DELETE --output /dev/null "$REGISTRY/manifests/$digest" || echo "$old could not be deleted" >&2
done
`,
  };
}
