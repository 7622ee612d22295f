# SPDX-License-Identifier: Apache-2.0
# libpartita: kernels, gpu and node behind node/partita.h, shared and static, and what is installed for those who build against it.
include(CMakePackageConfigHelpers)

get_property(embedded GLOBAL PROPERTY PARTITA_EMBEDDED_OBJECTS)
set(embedded_libraries PkgConfig::jansson PkgConfig::sodium PkgConfig::xxhash PkgConfig::hwloc Threads::Threads ${CMAKE_DL_LIBS})

add_library(partita_shared SHARED ${embedded})
target_link_libraries(partita_shared PRIVATE ${embedded_libraries})
set_target_properties(partita_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME partita)

# One object in which all names but the public ones are local: two libraries in one program may both have a crew_create.
set(one_object ${CMAKE_CURRENT_BINARY_DIR}/partita_embedded.o)
add_custom_command(OUTPUT ${one_object}
  COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${one_object} ${embedded}
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${one_object}
  DEPENDS ${embedded} COMMAND_EXPAND_LISTS VERBATIM)
add_library(partita_static STATIC ${one_object})
set_source_files_properties(${one_object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
target_link_libraries(partita_static INTERFACE ${embedded_libraries})

foreach(library partita_shared partita_static)
  set_target_properties(${library} PROPERTIES OUTPUT_NAME partita LINKER_LANGUAGE C
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

install(FILES partita.h TYPE INCLUDE)
install(TARGETS partita_shared EXPORT PartitaTargets)
install(TARGETS partita_static EXPORT PartitaStaticTargets)

# pkg-config: relative to its own file, so that a tree that is moved, or installed below DESTDIR, stays right.
set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/${pc_folder}" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(folder INCLUDEDIR LIBDIR)
  set(pc_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
    set(pc_${folder} "${CMAKE_INSTALL_${folder}}")
  endif()
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/deploy/partita.pc.in partita.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/partita.pc DESTINATION ${pc_folder})

# find_package(Partita): Partita::partita, and Partita::partita_static with COMPONENTS static.
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Partita)
configure_package_config_file(${PROJECT_SOURCE_DIR}/deploy/PartitaConfig.cmake.in PartitaConfig.cmake
  INSTALL_DESTINATION ${cmake_folder})
write_basic_package_version_file(PartitaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/PartitaConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/PartitaConfigVersion.cmake
  DESTINATION ${cmake_folder})
install(EXPORT PartitaTargets NAMESPACE Partita:: DESTINATION ${cmake_folder})
install(EXPORT PartitaStaticTargets NAMESPACE Partita:: DESTINATION ${cmake_folder})

install(FILES ${PROJECT_SOURCE_DIR}/docs/man/libpartita.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
