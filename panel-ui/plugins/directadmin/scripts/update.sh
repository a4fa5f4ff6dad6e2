#!/bin/sh
# Run by DirectAdmin; everything is in place already.
exit 0
