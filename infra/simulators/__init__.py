"""The world outside, played: an SMS carrier and its phones, stations, viewers."""
