#!/bin/sh
# Builds the Cosmos SDK nodes of the tests into build/nodes/: about two minutes each from nothing on two cores.
# Needs Go 1.26 and its module proxy; GO names another go command. With arguments: only those.
set -eu
cd "$(dirname "$0")"
go=${GO:-$(command -v go || echo /usr/local/go/bin/go)}
into=$(cd ../../.. && pwd)/build/nodes
mkdir -p "$into"
for node in ${*:-sdk45 sdk46 sdk53}; do
    if [ -x "$into/$node" ] && [ -z "$(find "$node" -newer "$into/$node" -type f)" ]; then
        continue
    fi
    echo "building $node"
    (cd "$node" && CGO_ENABLED=0 nice "$go" build -p 2 -trimpath -ldflags "-s -w" -o "$into/$node" .)
done
