#!/bin/sh
echo "greeted $(id -un)" >"$1"
