#!/usr/bin/env bash
# Fetches the third-party assets from npm and writes them here, compressed,
# with their licences and the checksums of what was compressed.
set -euo pipefail
cd "$(dirname "$0")"

SWAGGER_UI=5.35.0
REDOC=2.5.4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE VERSION unpacks an npm package into $work/PACKAGE.
fetch() {
  mkdir "$work/$1"
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null)
  tar -xzf "$work/$1-$2.tgz" -C "$work/$1" --strip-components=1
}

fetch swagger-ui-dist "$SWAGGER_UI"
cd "$work/swagger-ui-dist"
cp swagger-ui-bundle.js swagger-ui.css "$work"
cat NOTICE LICENSE swagger-ui-bundle.js.LICENSE.txt >"$work/swagger-ui-bundle.js.LICENSE.txt"
cd - >/dev/null

fetch redoc "$REDOC"
cd "$work/redoc"
# The one thing that ReDoc would load from elsewhere is a logo, and no option
# turns it off. An empty address makes ReDoc take the picture away.
sed 's#https://cdn\.redoc\.ly/redoc/logo-mini\.svg#data:,#' bundles/redoc.standalone.js >"$work/redoc.standalone.js"
cat LICENSE bundles/redoc.standalone.js.LICENSE.txt >"$work/redoc.standalone.js.LICENSE.txt"
cd - >/dev/null

for file in swagger-ui-bundle.js swagger-ui.css redoc.standalone.js; do
  gzip -9 -n -c "$work/$file" >"$file.gz"
done
for file in swagger-ui-bundle.js redoc.standalone.js; do
  gzip -9 -n -c "$work/$file.LICENSE.txt" >"$file.LICENSE.txt.gz"
done
for file in *.gz; do
  echo "$(gunzip -c "$file" | sha256sum | cut -d' ' -f1)  ${file%.gz}"
done >SHA256SUMS
