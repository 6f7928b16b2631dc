"""The walking story: one month of a subdistrict, played through the product's own pages and interfaces."""
