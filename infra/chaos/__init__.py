"""Hurting a running bus on purpose: two small services, real processes, faults on a timetable, and a checker that counts."""
