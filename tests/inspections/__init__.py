"""Tests of codes looked up on site."""
