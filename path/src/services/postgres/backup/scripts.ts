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
    // OCI distribution specification 1.1, "Pushing a blob monolithically", "Pushing Manifests", "Deleting"; distribution's
    // `spec/auth/token` for registries that answer with a challenge to fetch a token.
    'send.sh': `origin=\${REGISTRY%%/v2/*}
login=\${LOGIN:-/registry/auth}
: > basic.conf
if [ -e "$login" ]; then printf 'header = "Authorization: Basic %s"\\n' "$(cat "$login")" > basic.conf; fi
web() { curl --silent --show-error --fail --retry 3 --retry-connrefused --max-time 3600 "$@"; }
# What a parameter of the challenge says: quoted, as all token services write it.
parameter() { case $challenge in *"$1=\\""*) value=\${challenge#*"$1=\\""}; printf %s "\${value%%\\"*}" ;; esac; }
# Tokens live for a minute or a few: one is fetched before each thing that is sent.
authorize() {
  cp basic.conf curl.conf
  case $challenge in [Bb]earer\\ *) ;; *) return 0 ;; esac
  realm=$(parameter realm)
  # The login goes over TLS, or to the registry's own host where that has none.
  host=\${origin#http://}
  case $realm in https://*) ;; "http://\${host%%:*}"[:/]*) ;; *) echo "tokens from $realm: not over TLS" >&2; return 1 ;; esac
  answer=$(web --config basic.conf --get --data-urlencode "service=$(parameter service)" \\
    --data-urlencode "scope=repository:\${REGISTRY#*/v2/}:pull,push,delete" "$realm" | tr -d ' \\n\\r\\t')
  case $answer in
    *'"token":"'?*) token=\${answer#*'"token":"'} ;;
    *'"access_token":"'?*) token=\${answer#*'"access_token":"'} ;;
    *) echo "$realm gave no token" >&2; return 1 ;;
  esac
  printf 'header = "Authorization: Bearer %s"\\n' "\${token%%\\"*}" > curl.conf
}
ask() { web --config curl.conf "$@"; }
blob() {
  authorize
  digest=sha256:$(sha256sum "$1" | cut -c 1-64)
  size=$(stat -c %s "$1")
  location=$(ask --request POST --output /dev/null --write-out '%header{location}' "$REGISTRY/blobs/uploads/")
  case $location in /*) location=$origin$location ;; esac
  case $location in *\\?*) location="$location&digest=$digest" ;; *) location="$location?digest=$digest" ;; esac
  ask --upload-file "$1" --header 'Content-Type: application/octet-stream' --output /dev/null "$location"
  printf '{"mediaType":"%s","digest":"%s","size":%s}' "$2" "$digest" "$size" > "$1.descriptor"
}
challenge=$(curl --silent --show-error --retry 3 --retry-connrefused --max-time 60 --output /dev/null --write-out '%header{www-authenticate}' "$origin/v2/")
printf '{}' > empty
blob empty application/vnd.oci.empty.v1+json
blob dump.age application/vnd.ptp.postgres.dump.v1+age
blob tables.age application/vnd.ptp.postgres.tables.v1+age
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.ptp.postgres.backup.v1","config":%s,"layers":[%s,%s],"annotations":{"org.opencontainers.image.created":"%s"}}' \\
  "$(cat empty.descriptor)" "$(cat dump.age.descriptor)" "$(cat tables.age.descriptor)" "$created" > manifest
authorize
ask --upload-file manifest --header 'Content-Type: application/vnd.oci.image.manifest.v1+json' --output /dev/null "$REGISTRY/manifests/$tag"
# The oldest beyond those that are kept go, of the schedule's and of what restorations replaced; a registry that deletes
# nothing keeps them.
list=$(ask "$REGISTRY/tags/list?n=1000")
for kind in z z-replaced; do
  IFS='"'
  tags=$(for word in $list; do case $word in [0-9]*t[0-9]*"$kind") printf '%s\\n' "$word" ;; esac; done | sort | head -n "-$KEEP")
  unset IFS
  for old in $tags; do
    authorize
    digest=$(ask --head --header 'Accept: application/vnd.oci.image.manifest.v1+json' --output /dev/null --write-out '%header{docker-content-digest}' "$REGISTRY/manifests/$old") || continue
    ask --request DELETE --output /dev/null "$REGISTRY/manifests/$digest" || echo "$old could not be deleted" >&2
  done
done
`,
  };
}
