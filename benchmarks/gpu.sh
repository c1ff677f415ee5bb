#!/bin/sh
# Measures the heavy arithmetic on this machine's GPU and writes the table of docs/benchmarks.md; at most six minutes.
# Needs requirements.txt and requirements-gpu.txt in .venv, or PYTHON. Without a device it says why and writes nothing.
set -e
cd "$(dirname "$0")/.."
exec timeout 360 "${PYTHON:-.venv/bin/python}" -m benchmarks.gpu
