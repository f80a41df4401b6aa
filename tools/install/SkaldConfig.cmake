# find_package(Skald) gives Skald::skald, the compiler; Skald::runtime, what generated code
# links with; SKALD_PROTOCOLS, the folder of the project's own schemas; and
#
#	skald_generate(TARGET SCHEMA... [IMPORT FOLDER...] [REFLECT])
#
# which adds the C of schemas to a target. Who imports a schema needs its C too: name both.

get_filename_component(_skald_here "${CMAKE_CURRENT_LIST_DIR}" REALPATH)
get_filename_component(SKALD_PROTOCOLS "${_skald_here}/@share@/protocols" ABSOLUTE)

if(NOT TARGET Skald::skald)
	get_filename_component(_skald_program "${_skald_here}/@bindir@/skald" ABSOLUTE)
	get_filename_component(_skald_library "${_skald_here}/@libdir@/libskald.a" ABSOLUTE)
	get_filename_component(_skald_headers "${_skald_here}/@includedir@/skald" ABSOLUTE)
	add_executable(Skald::skald IMPORTED)
	set_target_properties(Skald::skald PROPERTIES IMPORTED_LOCATION "${_skald_program}")
	add_library(Skald::runtime STATIC IMPORTED)
	set_target_properties(Skald::runtime PROPERTIES
		IMPORTED_LOCATION "${_skald_library}"
		INTERFACE_INCLUDE_DIRECTORIES "${_skald_headers}")
endif()

function(skald_generate target)
	cmake_parse_arguments(PARSE_ARGV 1 arg "REFLECT" "" "IMPORT")
	set(folder "${CMAKE_CURRENT_BINARY_DIR}/skald-${target}")
	set(options)
	if(arg_REFLECT)
		list(APPEND options --reflect)
	endif()
	foreach(import IN LISTS arg_IMPORT)
		get_filename_component(import "${import}" ABSOLUTE)
		list(APPEND options -I "${import}")
	endforeach()
	foreach(schema IN LISTS arg_UNPARSED_ARGUMENTS)
		get_filename_component(schema "${schema}" ABSOLUTE)
		get_filename_component(stem "${schema}" NAME_WLE)
		set(files "${folder}/${stem}.skald.c" "${folder}/${stem}.skald.h")
		if(arg_REFLECT)
			list(APPEND files "${folder}/${stem}.skald.reflect.c")
		endif()
		add_custom_command(OUTPUT ${files}
			COMMAND Skald::skald c "${schema}" -o "${folder}"
				--depfile "${folder}/${stem}.deps" ${options}
			DEPENDS "${schema}" Skald::skald
			DEPFILE "${folder}/${stem}.deps"
			COMMENT "Generating C of ${stem}" VERBATIM)
		target_sources(${target} PRIVATE ${files})
	endforeach()
	target_include_directories(${target} PUBLIC "${folder}")
	target_link_libraries(${target} PUBLIC Skald::runtime)
endfunction()
