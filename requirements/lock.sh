#!/bin/sh
# Pin build, runtime, test and dev dependencies with hashes; the files name no download host.
set -eu
compile() {
    "$PIP_COMPILE" --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-emit-trusted-host --strip-extras --allow-unsafe --no-header --no-annotate "$@"
}
PIP_COMPILE=$1
compile --output-file requirements/build.txt requirements/build.in
compile --output-file requirements/runtime.txt pyproject.toml
compile --constraint requirements/runtime.txt --extra test \
    --output-file requirements/test.txt pyproject.toml
compile --constraint requirements/test.txt --extra test --extra dev \
    --output-file requirements/dev.txt pyproject.toml
